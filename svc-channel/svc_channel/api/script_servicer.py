"""ScriptService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Sequence
from typing import Any

from carillon.channel.v1 import script_pb2, script_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity, require_role
from svc_channel.app.put_script import put_script
from svc_channel.app.script_book import Entry, read_book
from svc_channel.app.speak_script import Catalogue, Occasion, SpeakScript
from svc_channel.domain.membership import MemberTier
from svc_channel.domain.scripts.script import Condition, Script
from svc_channel.domain.scripts.speech import Offer, Speech
from svc_channel.domain.sessions.menu import Language

# Who speaks to customers, or sees to it that others do.
SPEAKERS = ("agent", "hall_terminal", "portal", "branch_operator", "province_admin", "approver", "auditor")
LIBRARY_READERS = ("branch_operator", "province_admin", "approver", "auditor")


class ScriptServicer(script_pb2_grpc.ScriptServiceServicer):
    """The library of scripts, and what they say to one customer."""

    def __init__(
        self, database: Database, clock: Clock, *, shipped: Sequence[Script], speak: SpeakScript, catalogue: Catalogue
    ) -> None:
        self._database = database
        self._commands = Commands(database)
        self._clock = clock
        self._shipped = shipped
        self._speak = speak
        self._catalogue = catalogue

    async def Speak(  # noqa: N802 -- the name is the protocol's
        self,
        request: script_pb2.SpeakRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> script_pb2.SpeakResponse:
        """What to say. Errors: see the protocol."""
        require_role(current_identity(), *SPEAKERS)
        occasion = Occasion(
            touchpoint=request.touchpoint,
            situation=request.situation,
            language=Language(request.language),
            subscriber_id=request.subscriber_id,
        )
        return _speech(await self._speak(occasion))

    async def ListScripts(  # noqa: N802 -- the name is the protocol's
        self,
        request: script_pb2.ListScriptsRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> script_pb2.ListScriptsResponse:
        """The library. Errors: TOUCHPOINT_UNKNOWN."""
        require_role(current_identity(), *LIBRARY_READERS)
        named = request.touchpoint
        code = await self._catalogue.name_touchpoint(named, field="touchpoint") if named else ""
        async with self._database.read() as unit:
            book = await read_book(unit, self._shipped)
        return script_pb2.ListScriptsResponse(
            scripts=[
                _script(entry)
                for entry in book
                if (not code or not entry.script.touchpoints or code in entry.script.touchpoints)
                and request.situation in {"", entry.script.situation}
            ]
        )

    async def PutScript(  # noqa: N802 -- the name is the protocol's
        self,
        request: script_pb2.PutScriptRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> script_pb2.PutScriptResponse:
        """A script of the operator's. Errors: see the protocol."""
        identity = current_identity()
        require_role(identity, "province_admin")
        touchpoints = [
            await self._catalogue.name_touchpoint(one, field="touchpoints") for one in request.script.touchpoints
        ]
        script = _parse_script(request.script, touchpoints)

        async def operation(unit: UnitOfWork) -> script_pb2.PutScriptResponse:
            now = self._clock.now()
            entry = await put_script(unit, script, shipped=self._shipped, by=identity.subject, now=now)
            return script_pb2.PutScriptResponse(script=_script(entry))

        return await self._commands.run(request, script_pb2.PutScriptResponse, operation)


def _parse_script(message: script_pb2.Script, touchpoints: Sequence[str]) -> Script:
    return Script(
        code=message.code,
        title=message.title,
        situation=message.situation,
        language=Language(message.language),
        touchpoints=tuple(dict.fromkeys(touchpoints)),
        audience=tuple(
            Condition(
                attribute=one.attribute,
                segment=one.segment,
                at_least=one.at_least if one.HasField("at_least") else None,
                below=one.below if one.HasField("below") else None,
                equals=one.equals if one.HasField("equals") else None,
            )
            for one in message.audience
        ),
        shows=tuple(message.shows),
        rank=message.rank,
        retired=message.retired,
    )


def _script(entry: Entry) -> script_pb2.Script:
    script = entry.script
    return script_pb2.Script(
        code=script.code,
        title=script.title,
        touchpoints=script.touchpoints,
        situation=script.situation,
        language=script.language.value,
        audience=[
            script_pb2.ScriptCondition(
                attribute=one.attribute, segment=one.segment, at_least=one.at_least, below=one.below, equals=one.equals
            )
            for one in script.audience
        ],
        shows=script.shows,
        rank=script.rank,
        retired=script.retired,
        text=entry.text,
        version=entry.version,
    )


def _speech(speech: Speech) -> script_pb2.SpeakResponse:
    return script_pb2.SpeakResponse(
        touchpoint=speech.touchpoint,
        script=None if speech.script is None else _spoken(speech.script, speech.text),
        offers=[_offer(offer) for offer in speech.offers],
        shown=[script_pb2.ShownAttribute(name=name, value=value) for name, value in speech.shown.items()],
    )


def _spoken(script: Script, text: str) -> script_pb2.SpokenScript:
    return script_pb2.SpokenScript(code=script.code, title=script.title, text=text)


def _offer(offer: Offer) -> script_pb2.SpokenOffer:
    matched, card = offer.matched, offer.card
    return script_pb2.SpokenOffer(
        service=matched.service,
        name=card.name,
        place=matched.place,
        rule=matched.rule,
        layer=matched.layer,
        principle=matched.principle,
        channels=matched.channels,
        advantage=offer.advantage,
        premium_fen=card.prices[MemberTier.PREMIUM],
        ordinary_fen=card.prices[MemberTier.ORDINARY],
        non_member_fen=card.prices[MemberTier.NON_MEMBER],
        text=offer.text,
    )
