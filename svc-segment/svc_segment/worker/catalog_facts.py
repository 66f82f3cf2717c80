"""Follows svc-catalog: who takes up a service and who gives it up; it must not ask svc-catalog anything."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_segment.store.subscriptions import begin_subscription, end_subscription


class CatalogFacts:
    """The handlers of the follower ``segment.catalog``: an order changes a match in the second it becomes active."""

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.OrderActivated: self.begin, facts_pb2.SubscriptionEnded: self.end}

    async def begin(self, unit: UnitOfWork, fact: facts_pb2.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """A subscriber has a service."""
        await begin_subscription(
            unit,
            service=fact.service,
            subscriber_id=fact.subscriber_id,
            order_id=fact.order_id,
            at=fact.activated_at.ToDatetime(tzinfo=UTC),
        )

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """A subscriber has a service no longer."""
        await end_subscription(unit, service=fact.service, subscriber_id=fact.subscriber_id, order_id=fact.order_id)
