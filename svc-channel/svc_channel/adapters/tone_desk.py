"""Finds tones by their short codes, has them heard and ordered; plays none itself.

Who listens already is told what to play in the answer to the turn; who looks at a screen is called (CHN-08).
"""

from collections.abc import Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.adapters.segment_branches import SegmentBranches
from svc_channel.adapters.service_desk import Handler, ServiceDesk
from svc_channel.app.numbers import Numbers, find_holder
from svc_channel.app.turns import Actor
from svc_channel.domain.hotline import SPOKEN, Tone, merge_directories
from svc_channel.domain.number import is_e164
from svc_channel.domain.sessions.actions import Action, ActionName, Item, Outcome
from svc_channel.domain.sessions.words import failed, said, say
from svc_channel.store.hotline import list_directories, request_call

# The catalogue's service under which a tone is had; the order's plan is the tone (CAT-20, CAT-47).
DOWNLOAD: Final = "CRBT_DOWNLOAD"


class ToneDesk:
    """What menus ask about tones. Every handler may raise DomainErrors of the services that it asks."""

    def __init__(
        self,
        database: Database,
        *,
        services: ServiceDesk,
        numbers: Numbers,
        branches: SegmentBranches,
        clock: Clock,
        has_out_calls: bool,
    ) -> None:
        self._database = database
        self._services = services
        self._numbers = numbers
        self._branches = branches
        self._clock = clock
        self._has_out_calls = has_out_calls

    def handlers(self) -> Mapping[ActionName, Handler]:
        """What it does, by the names that menus use."""
        return {
            ActionName.LIST_TONES: self._list,
            ActionName.PLAY_TONE: self._play,
            ActionName.QUOTE_TONE: self._quote,
            ActionName.ORDER_TONE: self._order,
        }

    async def _list(self, _: Action, actor: Actor) -> Outcome:
        """The tones of the caller's branch, then the province's (CAT-48, CHN-11)."""
        tones = await self._tones(actor)
        return Outcome(
            items=tuple(Item(value=tone.short_code, label=f"{tone.title} {tone.short_code}") for tone in tones)
        )

    async def _play(self, action: Action, actor: Actor) -> Outcome:
        """By the short code that was keyed or dialled after the hotline's number (CAT-47)."""
        tone = await self._find(action, actor)
        if tone is None:
            return failed(actor.language, "tone_unknown")
        if actor.channel in SPOKEN:
            return Outcome(text=say(actor.language, "tone_playing", title=tone.title), play=tone.tone)
        if not self._has_out_calls:
            return failed(actor.language, "no_calls")
        if not is_e164(actor.peer):
            return failed(actor.language, "stranger")
        async with self._database.unit_of_work() as unit:
            # Named by the action's key: when it comes again it is the same call.
            call_id = uuid5(NAMESPACE_URL, actor.key)
            await request_call(unit, call_id=call_id, msisdn=actor.peer, tone=tone.tone, now=self._clock.now())
        return said(actor.language, "tone_call", title=tone.title)

    async def _quote(self, action: Action, actor: Actor) -> Outcome:
        tone = await self._find(action, actor)
        if tone is None:
            return failed(actor.language, "tone_unknown")
        return await self._services.quote(DOWNLOAD, actor, item=tone.tone, title=tone.title)

    async def _order(self, action: Action, actor: Actor) -> Outcome:
        tone = await self._find(action, actor)
        if tone is None:
            return failed(actor.language, "tone_unknown")
        return await self._services.order(DOWNLOAD, actor, quoted=action.quoted, plan=tone.tone, title=tone.title)

    async def _find(self, action: Action, actor: Actor) -> Tone | None:
        code = action.arguments["code"]
        return next((tone for tone in await self._tones(actor) if tone.short_code == code), None)

    async def _tones(self, actor: Actor) -> list[Tone]:
        """What this caller's hotline has; the province's alone for who has no branch."""
        branch = actor.branch or await self._branch(actor)
        async with self._database.read() as unit:
            return merge_directories(await list_directories(unit, branch=branch))

    async def _branch(self, actor: Actor) -> str:
        subscriber_id = await find_holder(self._numbers, actor.peer)
        return "" if subscriber_id is None else await self._branches.branch_of(subscriber_id)
