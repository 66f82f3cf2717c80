"""Ends what subscribers had whose lives are over; it must not wait for anybody's word."""

from collections.abc import Mapping
from datetime import date, datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_catalog.app.facts import OrderFacts
from svc_catalog.store.ended_lives import has_ended, keep_ended
from svc_catalog.store.orders import cancel_open_orders
from svc_catalog.store.subscriptions import end_subscriptions


async def end_lives(unit: UnitOfWork, ended: Mapping[int, date], *, facts: OrderFacts, at: datetime) -> int:
    """Ends their subscriptions, cancels their open orders, sells them nothing more; how many subscriptions those were.

    Whoever has such a number next is another subscriber, with nothing of this one's (SEG-80). Each end is told. Hearing
    of the same life again changes nothing.
    """
    await keep_ended(unit, ended)
    await cancel_open_orders(unit, list(ended))
    subscriptions = await end_subscriptions(unit, list(ended), at=at)
    for subscription in subscriptions:
        await facts.subscription_ended(unit, subscription, at=at)
    return len(subscriptions)


async def require_living(unit: UnitOfWork, subscriber_id: int) -> None:
    """Raises StateRefused LIFE_ENDED for a subscriber whose number was given back or ported away; lives must be held."""
    if await has_ended(unit, subscriber_id):
        raise StateRefused(
            reason="LIFE_ENDED",
            field="subscriber_id",
            detail="The subscriber has the number no more; ask again by the number, whoever has it now.",
        )
