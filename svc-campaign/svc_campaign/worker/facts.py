"""Books what the other services tell, each kind of fact by its use case; it must not ask anybody anything."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.campaign.v1 import facts_pb2 as campaign_facts
from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon.reward.v1 import facts_pb2 as reward_facts
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from carillon_chassis.outbox import tell
from svc_campaign.app.book_budget import book_budget
from svc_campaign.app.book_doubts import book_doubts
from svc_campaign.app.book_endings import book_endings
from svc_campaign.app.book_events import book_events
from svc_campaign.app.book_grants import book_grants
from svc_campaign.app.book_inbound import book_inbound
from svc_campaign.app.book_orders import book_orders
from svc_campaign.app.end_lives import end_lives
from svc_campaign.app.tally import Tally
from svc_campaign.store.conversions import ActivatedOrder, Conversion
from svc_campaign.store.responses import Told

logger = logging.getLogger(__name__)

Handlers = Mapping[type[Message], Handler]


class FactHandlers:
    """The handlers of the four followers, one mapping a service followed."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def of_channel(self) -> Handlers:
        """Endings, doubts and inbound messages."""
        return {
            channel_facts.MessagesEnded: self.end,
            channel_facts.MessagesInDoubt: self.doubt,
            channel_facts.InboundReceived: self.answer,
        }

    def of_segment(self) -> Handlers:
        """Events of portals and partners, and lives that ended."""
        return {segment_facts.EventsRecorded: self.happen, segment_facts.SubscribersEnded: self.close}

    def of_catalog(self) -> Handlers:
        """Orders that became active."""
        return {catalog_facts.OrderActivated: self.order}

    def of_reward(self) -> Handlers:
        """Rewards granted and refused, and budgets that run out."""
        return {
            reward_facts.RewardsGranted: self.grant,
            reward_facts.RewardsRefused: self.refuse,
            reward_facts.BudgetReached: self.spend,
        }

    async def end(self, unit: UnitOfWork, fact: channel_facts.MessagesEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books endings of messages."""
        campaign_id = _campaign_id(fact.campaign_id)
        if campaign_id is None:
            return
        await book_endings(
            unit,
            campaign_id=campaign_id,
            delivered=fact.delivered,
            failed=[(failed.subscriber_id, failed.reason) for failed in fact.failed],
        )

    async def doubt(self, unit: UnitOfWork, fact: channel_facts.MessagesInDoubt, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books messages that were in doubt."""
        campaign_id = _campaign_id(fact.campaign_id)
        if campaign_id is not None:
            await book_doubts(unit, campaign_id=campaign_id, subscriber_ids=fact.subscriber_ids)

    async def answer(self, unit: UnitOfWork, fact: channel_facts.InboundReceived, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books answers to campaigns; who opts out has not answered."""
        told = [
            Told(subscriber_id=one.subscriber_id, what=one.recipient, at=_time(one.at), keyword=one.keyword)
            for one in fact.messages
            if not one.opt_out
        ]
        self._tally.count_responses(await book_inbound(unit, told), route="inbound")

    async def happen(self, unit: UnitOfWork, fact: segment_facts.EventsRecorded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books events that count as responses, and those that are answered."""
        told = [
            Told(subscriber_id=one.subscriber_id, what=one.type, at=_time(one.at), attributes=dict(one.attributes))
            for one in fact.events
        ]
        self._tally.count_responses(await book_events(unit, told), route="event")

    async def close(self, unit: UnitOfWork, fact: segment_facts.SubscribersEnded, occurred_at: datetime) -> None:
        """Closes the memberships of those who are no more, from the moment in which they weren't."""
        await end_lives(unit, [one.subscriber_id for one in fact.subscribers], at=occurred_at)

    async def order(self, unit: UnitOfWork, fact: catalog_facts.OrderActivated, occurred_at: datetime) -> None:
        """Books a conversion, and tells the reward it earns in the same transaction."""
        activated = ActivatedOrder(
            order_id=fact.order_id,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            amount_fen=fact.amount_fen,
            at=_time(fact.activated_at),
        )
        conversions = await book_orders(unit, [activated])
        self._tally.count_conversions(len(conversions))
        for earned in render_earned(conversions):
            await tell(unit, earned, occurred_at=occurred_at)

    async def grant(self, unit: UnitOfWork, fact: reward_facts.RewardsGranted, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books rewards."""
        campaign_id = _campaign_id(fact.campaign_id)
        if campaign_id is not None:
            await book_grants(unit, campaign_id=campaign_id, subscriber_ids=fact.subscriber_ids)

    async def refuse(self, unit: UnitOfWork, fact: reward_facts.RewardsRefused, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Says that rewards were earned and not granted; the members stay unrewarded in the report."""
        self._tally.count_refused_rewards(len(fact.subscriber_ids), reason=fact.reason)
        logger.warning("campaign %s: %d rewards refused: %s", fact.campaign_id, len(fact.subscriber_ids), fact.reason)

    async def spend(self, unit: UnitOfWork, fact: reward_facts.BudgetReached, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books that 80 or 100 % of a reward budget are spent, where operations see it before rewards are refused."""
        campaign_id = _campaign_id(fact.campaign_id)
        if campaign_id is not None and await book_budget(
            unit, campaign_id=campaign_id, currency=fact.currency, percent=fact.percent
        ):
            logger.warning("campaign %s: %d %% of its budget are spent", fact.campaign_id, fact.percent)


def render_earned(conversions: Iterable[Conversion]) -> list[campaign_facts.RewardsEarned]:
    """One fact a campaign for the conversions that earn points; none for hold-outs and campaigns without rewards."""
    earners: dict[tuple[UUID, str, int], list[campaign_facts.Earner]] = defaultdict(list)
    for one in conversions:
        if one.points is not None:
            at = Timestamp()
            at.FromDatetime(one.at)
            earner = campaign_facts.Earner(subscriber_id=one.subscriber_id, order_id=one.order_id, at=at)
            earners[one.campaign_id, one.currency, one.points].append(earner)
    return [
        campaign_facts.RewardsEarned(campaign_id=str(campaign_id), currency=currency, points=points, earners=group)
        for (campaign_id, currency, points), group in earners.items()
    ]


def _campaign_id(told: str) -> UUID | None:
    """The campaign a fact is about; None for messages and rewards outside campaigns, which are not booked here."""
    try:
        return UUID(told)
    except ValueError:
        return None


def _time(at: Timestamp) -> datetime:
    return at.ToDatetime(tzinfo=UTC)
