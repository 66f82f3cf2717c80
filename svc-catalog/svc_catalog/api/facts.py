"""Tells order facts by the outbox; it must not be called outside the change's transaction."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell
from svc_catalog.api.rendering import render_order_activated
from svc_catalog.domain.order import Order


class OutboxOrderFacts:
    """Writes what svc-campaign follows into the outbox."""

    async def order_activated(self, unit: UnitOfWork, order: Order, *, at: datetime) -> None:
        """Tells OrderActivated."""
        await tell(unit, render_order_activated(order), occurred_at=at)
