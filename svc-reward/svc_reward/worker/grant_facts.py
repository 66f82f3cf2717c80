"""Follows svc-catalog and svc-segment for what earns rewards; it must not ask either of them anything."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_reward.app.grant_by_rules import grant_by_rules
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.take_back_order import take_back_order
from svc_reward.domain.activity import event_activity, order_activity


class GrantFacts:
    """The handlers of the followers ``reward.grants`` and ``reward.grants.events``."""

    def __init__(self, means: RewardMeans) -> None:
        self._means = means

    def order_handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with svc-catalog's facts."""
        return {catalog_facts.OrderActivated: self.order, catalog_facts.SubscriptionEnded: self.end}

    def event_handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with svc-segment's facts."""
        return {segment_facts.EventsRecorded: self.events}

    async def order(self, unit: UnitOfWork, fact: catalog_facts.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Grants what the order earns in the moment in which it is active (RWD-22, RWD-23)."""
        activity = order_activity(
            order_id=fact.order_id,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            amount_fen=fact.amount_fen,
            at=fact.activated_at.ToDatetime(tzinfo=UTC),
            staff_id=fact.staff_id,
            seller_id=fact.affiliate_id,
        )
        await grant_by_rules(unit, [activity], means=self._means)

    async def end(self, unit: UnitOfWork, fact: catalog_facts.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Takes back what the order earned, where it ended soon enough."""
        await take_back_order(unit, order_id=fact.order_id, at=fact.ended_at.ToDatetime(tzinfo=UTC), means=self._means)

    async def events(self, unit: UnitOfWork, fact: segment_facts.EventsRecorded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Grants what subscribers did elsewhere: used, rated, told what they think (RWD-38, RWD-40, RWD-45)."""
        activities = [
            event_activity(
                subscriber_id=event.subscriber_id,
                type=event.type,
                at=event.at.ToDatetime(tzinfo=UTC),
                attributes=event.attributes,
            )
            for event in fact.events
        ]
        await grant_by_rules(unit, activities, means=self._means)
