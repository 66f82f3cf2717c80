"""Follows svc-catalog: orders that affiliates brought, subscriptions that ended; it must not ask svc-catalog anything."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_reward.app.book_handling import book_handling
from svc_reward.app.end_usage import end_usage

logger = logging.getLogger(__name__)


class CommissionFacts:
    """The handlers of the follower ``reward.commissions``."""

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {
            facts_pb2.OrderActivated: self.order,
            facts_pb2.SubscriptionEnded: self.end,
        }

    async def order(self, unit: UnitOfWork, fact: facts_pb2.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Books an order that names an affiliate; a name that nobody has is logged and earns nobody anything."""
        if not fact.affiliate_id:
            return
        known = await book_handling(
            unit,
            affiliate_id=fact.affiliate_id,
            order_id=fact.order_id,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            amount_fen=fact.amount_fen,
            at=fact.activated_at.ToDatetime(tzinfo=UTC),
        )
        if not known:
            logger.warning("order %s names the affiliate %r, who is not registered", fact.order_id, fact.affiliate_id)

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Stops what is paid for continued use."""
        await end_usage(
            unit,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            at=fact.ended_at.ToDatetime(tzinfo=UTC),
        )
