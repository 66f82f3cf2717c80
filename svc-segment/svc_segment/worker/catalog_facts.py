"""Follows svc-catalog: who takes up a service and who gives it up; it must not ask svc-catalog anything."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_segment.app.record_order import record_order
from svc_segment.domain.event import ORDER_ACTIVATED, SUBSCRIPTION_ENDED, Event
from svc_segment.store.numbers import MAX_SUBSCRIBER_ID
from svc_segment.store.subscriptions import begin_subscription, end_subscription


class CatalogFacts:
    """The handlers of the follower ``segment.catalog``: an order changes matches and memberships within seconds."""

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.OrderActivated: self.begin, facts_pb2.SubscriptionEnded: self.end}

    async def begin(self, unit: UnitOfWork, fact: facts_pb2.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """A subscriber has a service, or bought it once more."""
        if not _can_be(fact.subscriber_id):
            return
        activated_at = fact.activated_at.ToDatetime(tzinfo=UTC)
        await begin_subscription(
            unit, service=fact.service, subscriber_id=fact.subscriber_id, order_id=fact.order_id, at=activated_at
        )
        told = {
            "service": fact.service,
            "amount_fen": str(fact.amount_fen),
            "order_id": fact.order_id,
            "touchpoint": fact.touchpoint,
            "campaign_id": fact.campaign_id,
        }
        await record_order(unit, _event(ORDER_ACTIVATED, fact.subscriber_id, activated_at, told))

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """A subscriber has a service no longer."""
        if not _can_be(fact.subscriber_id):
            return
        await end_subscription(unit, service=fact.service, subscriber_id=fact.subscriber_id)
        told = {"service": fact.service, "order_id": fact.order_id}
        await record_order(
            unit, _event(SUBSCRIPTION_ENDED, fact.subscriber_id, fact.ended_at.ToDatetime(tzinfo=UTC), told)
        )


def _can_be(subscriber_id: int) -> bool:
    """Whether it may be anybody's: no column takes others, and one such fact would hold up all after it for ever."""
    return 1 <= subscriber_id <= MAX_SUBSCRIBER_ID


def _event(kind: str, subscriber_id: int, at: datetime, told: Mapping[str, str]) -> Event:
    """What was not told is left out, so that a rule finds null and no empty text."""
    return Event(
        subscriber_id=subscriber_id, type=kind, at=at, attributes={name: one for name, one in told.items() if one}
    )
