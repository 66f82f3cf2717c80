"""Follows svc-catalog for orders that wait for their customers; it must not ask svc-catalog anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_channel.domain.confirmation import GRACE
from svc_channel.store.confirmations import keep_order


class OrderFacts:
    """The handlers of the follower ``channel.catalog``."""

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.OrderPlaced: self.wait}

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
