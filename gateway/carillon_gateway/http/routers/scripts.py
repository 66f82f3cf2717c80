"""What people at touch points say, and the library it comes from, over HTTP; svc-channel chooses and fills."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from carillon.channel.v1 import script_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.scripts import (
    Language,
    PutScript,
    Script,
    ScriptCode,
    ScriptLibrary,
    Situation,
    Speech,
    parse_script,
    render_script,
    render_speech,
)
from carillon_gateway.http.models.shapes import Msisdn, ShortText
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1", tags=["scripts"], route_class=GuardedRoute)


@router.get("/scripts", summary="See what to say to a customer")
async def speak_script(
    call: CallDep,
    touchpoint: Annotated[ShortText, Query(min_length=1, examples=["INBOUND_10096"])],
    situation: Annotated[Situation, Query()],
    msisdn: Annotated[Msisdn | None, Query(description="Needed where the script speaks of services")] = None,
    language: Annotated[Language, Query()] = "zh",
) -> Speech:
    """The customer's one to three services, the advantage channel's first, each with its prices and its script filled in.

    Who a script is for is data: to somebody whom none is for nothing is said. SCRIPT_UNKNOWN, TOUCHPOINT_UNKNOWN and
    SUBSCRIBER_UNKNOWN answer 404.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn)) if msisdn else 0
    request = script_pb2.SpeakRequest(
        touchpoint=touchpoint, situation=situation, language=language, subscriber_id=subscriber_id
    )
    return render_speech(await invoke(call.peers.scripts.Speak, request))


@router.get("/script-library", summary="Look at the library of scripts")
async def list_scripts(
    call: CallDep,
    touchpoint: Annotated[ShortText, Query(description="All if absent")] = "",
    situation: Annotated[ShortText, Query(max_length=40, description="All if absent")] = "",
) -> ScriptLibrary:
    """The shipped scripts, and over them the operator's own, with what each says now."""
    request = script_pb2.ListScriptsRequest(touchpoint=touchpoint, situation=situation)
    answer = await invoke(call.peers.scripts.ListScripts, request)
    return ScriptLibrary(scripts=[render_script(script) for script in answer.scripts])


@router.put("/script-library/{code}", summary="Add or change a script")
async def put_script(code: Annotated[ScriptCode, Path()], body: PutScript, call: CallDep) -> Script:
    """Where it is said, for whom and what is shown; its text is an approved template. SCRIPT_TEXT_MISSING answers 409."""
    request = script_pb2.PutScriptRequest(request_id=call.request_id, script=parse_script(code, body))
    return render_script((await invoke(call.peers.scripts.PutScript, request)).script)
