"""Does what menus ask for by calling the other services over gRPC, and says in words what came of it; decides nothing.

It never raises a DomainError: a subscriber in front of a screen is told in the menu's language, and nothing is claimed
to be done that may not have been.
"""

import hashlib
import logging
from dataclasses import dataclass
from typing import Final

import grpc

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, ledger_pb2, ledger_pb2_grpc, sale_pb2, sale_pb2_grpc
from carillon.segment.v1 import event_pb2, event_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import Clock
from carillon_chassis.errors import Conflict, DomainError, Unavailable
from carillon_chassis.identity import Identity, acting_as
from svc_channel.adapters.campaign_offers import CampaignOffers
from svc_channel.adapters.service_desk import TIMEOUT_SECONDS, Handler, ServiceDesk
from svc_channel.adapters.tone_desk import ToneDesk
from svc_channel.app.numbers import Numbers, find_holder
from svc_channel.app.turns import Actor
from svc_channel.domain.number import is_e164
from svc_channel.domain.sessions.actions import SHAPES, Action, ActionName, Item, Outcome
from svc_channel.domain.sessions.words import failed, said, say

# Orders are taken as a portal takes them, and the running campaigns of every branch are read as an auditor may.
CALLER: Final = Identity(subject="service:channel", roles=frozenset({"portal", "auditor"}))
# One ticket a subscriber and draw over all sessions.
TICKET: Final = "session"
CLAIM_WORDS: Final = {
    "CLAIMED": "claimed",
    "ALREADY_CLAIMED": "already_claimed",
    "SOLD_OUT": "sold_out",
    "SALE_NOT_OPEN": "not_open",
    "SALE_CLOSED": "closed",
}
# A person reads out a few digits of a claim, not a UUID.
CLAIM_DIGITS: Final = 8
# How much of a digest tells apart what one turn might have told.
TOLD_DIGITS: Final = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerChannels:
    """Where the other services are reached."""

    reward: grpc.aio.Channel
    segment: grpc.aio.Channel


class HouseActions:
    """See app.turns.Actions."""

    def __init__(
        self,
        peers: PeerChannels,
        *,
        services: ServiceDesk,
        tones: ToneDesk,
        campaigns: CampaignOffers,
        numbers: Numbers,
        clock: Clock,
    ) -> None:
        self._ledger = ledger_pb2_grpc.LedgerServiceStub(peers.reward)
        self._draws = draw_pb2_grpc.DrawServiceStub(peers.reward)
        self._sales = sale_pb2_grpc.SaleServiceStub(peers.reward)
        self._events = event_pb2_grpc.EventServiceStub(peers.segment)
        self._campaigns = campaigns
        self._numbers = numbers
        self._clock = clock
        self._handlers: dict[ActionName, Handler] = {
            **services.handlers(),
            **tones.handlers(),
            ActionName.POINTS_BALANCE: self._points_balance,
            ActionName.LIST_CAMPAIGNS: self._list_campaigns,
            ActionName.SHOW_CAMPAIGN: self._show_campaign,
            ActionName.ENTER_DRAW: self._enter_draw,
            ActionName.GRAB_TICKET: self._grab_ticket,
            ActionName.VOTE: self._vote,
            ActionName.SIGN_IN: self._sign_in,
            ActionName.ANSWER_QUIZ: self._answer_quiz,
            ActionName.COMMENT: self._comment,
        }

    async def perform(self, action: Action, actor: Actor) -> Outcome:
        """What came of it, in words."""
        if SHAPES[action.name].personal and not actor.proven:
            return failed(actor.language, "unproven")
        try:
            with acting_as(CALLER):
                return await self._handlers[action.name](action, actor)
        except Unavailable as error:
            logger.warning("%s of a session could not be done: %s", action.name.value, error)
            return failed(actor.language, "unsure" if SHAPES[action.name].changes else "away")
        except DomainError as error:
            logger.info("%s of a session was refused: %s", action.name.value, error)
            return failed(actor.language, "refused")

    async def _points_balance(self, _: Action, actor: Actor) -> Outcome:
        subscriber_id = await find_holder(self._numbers, actor.peer)
        if subscriber_id is None:
            return failed(actor.language, "stranger")
        request = ledger_pb2.ListBalancesRequest(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner=str(subscriber_id))
        answer = await invoke(self._ledger.ListBalances, request, timeout_seconds=TIMEOUT_SECONDS)
        lines = [
            say(actor.language, "points", currency=balance.currency, amount=balance.amount - balance.held)
            for balance in answer.balances
        ]
        return Outcome(text="\n".join(lines)) if lines else said(actor.language, "no_points")

    async def _list_campaigns(self, _: Action, actor: Actor) -> Outcome:
        """Every provincial campaign that runs, and those of the actor's city (CHN-22)."""
        running = await self._campaigns.running(actor.branch)
        return Outcome(items=tuple(Item(value=campaign.id, label=campaign.plan.name) for campaign in running))

    async def _show_campaign(self, action: Action, actor: Actor) -> Outcome:
        for campaign in await self._campaigns.running(actor.branch):
            if campaign.id == action.arguments["campaign"]:
                return said(actor.language, "campaign", name=campaign.plan.name, link=campaign.plan.link_target)
        return failed(actor.language, "campaign_over")

    async def _enter_draw(self, action: Action, actor: Actor) -> Outcome:
        subscriber_id = await find_holder(self._numbers, actor.peer)
        if subscriber_id is None:
            return failed(actor.language, "stranger")
        request = draw_pb2.AddEntriesRequest(
            request_id=actor.key,
            draw_id=action.arguments["draw"],
            entries=[draw_pb2.DrawEntry(subscriber_id=subscriber_id, source_key=TICKET)],
        )
        answer = await invoke(self._draws.AddEntries, request, timeout_seconds=TIMEOUT_SECONDS)
        return said(actor.language, "draw_entered" if answer.added else "draw_standing")

    async def _grab_ticket(self, action: Action, actor: Actor) -> Outcome:
        """One attempt at a flash sale (CHN-24)."""
        subscriber_id = await find_holder(self._numbers, actor.peer)
        if subscriber_id is None:
            return failed(actor.language, "stranger")
        attempt = sale_pb2.Attempt(request_id=actor.key, sale_id=action.arguments["sale"], subscriber_id=subscriber_id)
        answer = await invoke(
            self._sales.Claim, sale_pb2.ClaimRequest(attempts=[attempt]), timeout_seconds=TIMEOUT_SECONDS
        )
        [outcome] = answer.outcomes
        key = CLAIM_WORDS.get(outcome.outcome, "no_activity")
        return said(actor.language, key, claim=outcome.claim_id.replace("-", "")[-CLAIM_DIGITS:])

    async def _vote(self, action: Action, actor: Actor) -> Outcome:
        return await self._tell("vote", action, actor, word="voted", choice=action.arguments["choice"])

    async def _sign_in(self, action: Action, actor: Actor) -> Outcome:
        return await self._tell("sign_in", action, actor, word="signed_in")

    async def _answer_quiz(self, action: Action, actor: Actor) -> Outcome:
        return await self._tell("quiz_answer", action, actor, word="answered")

    async def _comment(self, action: Action, actor: Actor) -> Outcome:
        return await self._tell("comment", action, actor, word="commented")

    async def _tell(self, event_type: str, action: Action, actor: Actor, *, word: str, **values: str) -> Outcome:
        """An event of the subscriber, which campaigns count as a response where they name its type (CHN-27)."""
        if not is_e164(actor.peer):
            return failed(actor.language, "stranger")
        attributes = action.arguments
        event = event_pb2.Event(msisdn=actor.peer, type=event_type, attributes={**attributes, "channel": actor.channel})
        event.at.FromDatetime(self._clock.now())
        # Named by what is told as well: under one key somebody may have begun to say something else.
        told = hashlib.sha256(repr((event_type, sorted(attributes.items()))).encode()).hexdigest()[:TOLD_DIGITS]
        request = event_pb2.RecordEventsRequest(request_id=f"{actor.key}:{told}", events=[event])
        try:
            answer = await invoke(self._events.RecordEvents, request, timeout_seconds=TIMEOUT_SECONDS)
        except Conflict:
            # Told before under this very key, only at another second: it is booked.
            return said(actor.language, word, **values)
        return said(actor.language, word, **values) if answer.accepted else failed(actor.language, "stranger")
