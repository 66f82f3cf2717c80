"""Tells order facts by the outbox; it must not be called outside the change's transaction."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell
from svc_catalog.api.rendering import render_order_activated, render_order_placed, render_subscription_ended
from svc_catalog.domain.order import Order
from svc_catalog.domain.subscription import Subscription


class OutboxOrderFacts:
    """Writes what svc-campaign, svc-reward and svc-channel follow into the outbox."""

    async def order_placed(self, unit: UnitOfWork, order: Order) -> None:
        """Tells OrderPlaced."""
        await tell(unit, render_order_placed(order), occurred_at=order.placed_at)

    async def order_activated(self, unit: UnitOfWork, order: Order, *, at: datetime) -> None:
        """Tells OrderActivated."""
        await tell(unit, render_order_activated(order), occurred_at=at)

    async def subscription_ended(self, unit: UnitOfWork, subscription: Subscription, *, at: datetime) -> None:
        """Tells SubscriptionEnded."""
        await tell(unit, render_subscription_ended(subscription, at=at), occurred_at=at)
