"""A stand-in for svc-channel's scripts; it must not be more than the edge's tests need."""

from typing import Any

from carillon.channel.v1 import script_pb2, script_pb2_grpc
from carillon_chassis.errors import InvalidInput, NotFound, StateRefused

SHIPPED = script_pb2.Script(
    code="bill-medium-zh",
    title="查询话费时推荐",
    touchpoints=["HOTLINE_1860"],
    situation="bill_query",
    language="zh",
    audience=[script_pb2.ScriptCondition(attribute="new_business_fen", at_least=500, below=2000)],
    shows=["new_business_fen"],
    rank=5,
    text="{service:text}",
)


class ScriptsStandIn(script_pb2_grpc.ScriptServiceServicer):
    """One script of the product's, and the operator's own."""

    def __init__(self) -> None:
        self._scripts = {SHIPPED.code: SHIPPED}

    async def Speak(self, request: script_pb2.SpeakRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """An offer on bill queries, a text at the end of a service, nothing on a complaint."""
        if request.situation not in {"bill_query", "after_service", "complaint"}:
            raise NotFound(reason="SCRIPT_UNKNOWN", field="situation", detail="there is no such script")
        if request.situation == "after_service":
            said = script_pb2.SpokenScript(code="after-service-zh", title="多说一句", text=request.language)
            return script_pb2.SpeakResponse(touchpoint=request.touchpoint, script=said)
        shown = [script_pb2.ShownAttribute(name="mms_sent"), script_pb2.ShownAttribute(name="age", value="19")]
        if request.situation == "complaint":
            return script_pb2.SpeakResponse(touchpoint=request.touchpoint, shown=shown)
        if not request.subscriber_id:
            raise InvalidInput(reason="SUBSCRIBER_MISSING", field="msisdn", detail="say whose")
        offer = script_pb2.SpokenOffer(
            service="crbt",
            name="彩铃",
            place=2,
            rule="R1",
            layer=1,
            principle="飞信增量模型",
            channels=["HALL"],
            premium_fen=0,
            text="彩铃",
        )
        said = script_pb2.SpokenScript(code=SHIPPED.code, title=SHIPPED.title)
        return script_pb2.SpeakResponse(touchpoint=request.touchpoint, script=said, offers=[offer], shown=shown)

    async def ListScripts(self, request: script_pb2.ListScriptsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All, or those of a situation."""
        scripts = [one for one in self._scripts.values() if request.situation in {"", one.situation}]
        return script_pb2.ListScriptsResponse(scripts=scripts)

    async def PutScript(self, request: script_pb2.PutScriptRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of the product's code alone: there are no templates here."""
        script = request.script
        if script.code != SHIPPED.code:
            raise StateRefused(reason="SCRIPT_TEXT_MISSING", field="code", detail="no template says it")
        script.text, script.version = SHIPPED.text, 1
        self._scripts[script.code] = script
        return script_pb2.PutScriptResponse(script=script)
