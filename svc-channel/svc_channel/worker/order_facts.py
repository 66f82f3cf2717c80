"""Follows svc-catalog for orders that wait, are active or are over; it must not ask svc-catalog anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_channel.domain.confirmation import GRACE
from svc_channel.store.confirmations import keep_order
from svc_channel.store.openings import give_up_opening, keep_opening


class OrderFacts:
    """The handlers of the follower ``channel.catalog``; what becomes active is kept where a platform is to hear it."""

    def __init__(self, clock: Clock, *, has_platform: bool) -> None:
        self._clock = clock
        self._has_platform = has_platform

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        if not self._has_platform:
            return {facts_pb2.OrderPlaced: self.wait}
        return {
            facts_pb2.OrderPlaced: self.wait,
            facts_pb2.OrderActivated: self.open,
            facts_pb2.SubscriptionEnded: self.close,
        }

    async def wait(self, unit: UnitOfWork, fact: facts_pb2.OrderPlaced, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """The customer is asked after a moment, unless somebody confirms the order before."""
        placed_at = fact.placed_at.ToDatetime(UTC)
        await keep_order(
            unit,
            UUID(fact.order_id),
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            placed_at=placed_at,
            due_at=placed_at + GRACE,
        )

    async def open(self, unit: UnitOfWork, fact: facts_pb2.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """The platform opens the service for the order."""
        await keep_opening(
            unit,
            UUID(fact.order_id),
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            now=self._clock.now(),
        )

    async def close(self, unit: UnitOfWork, fact: facts_pb2.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """The platform closes what it opened for the order that began the subscription."""
        await give_up_opening(unit, UUID(fact.order_id), now=self._clock.now())
