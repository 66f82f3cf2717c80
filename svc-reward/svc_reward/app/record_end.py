"""Keeps that a subscriber uses a service no longer; it must not move a referral.

Who ends a service has used it, and that is known by its beginning, or by this end until the beginning is told.
"""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.store.service_use import end_use


async def record_end(unit: UnitOfWork, *, order_id: str, subscriber_id: int, service: str, at: datetime) -> None:
    """``order_id`` is the order that began the subscription; an earlier end of it stays."""
    await end_use(unit, order_id=order_id, subscriber_id=subscriber_id, service=service, at=at)
