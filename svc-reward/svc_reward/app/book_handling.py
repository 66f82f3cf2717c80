"""Books an order that an affiliate brought (RWD-14, RWD-17, RWD-19, RWD-27); it must not book an order twice."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_pricing import REFUNDED
from svc_reward.store.affiliates import find_affiliate
from svc_reward.store.commission_events import (
    NewEvent,
    hold_order,
    insert_events,
    insert_worthless,
    is_refunded,
    order_event_id,
)


async def book_handling(
    unit: UnitOfWork,
    *,
    affiliate_id: str,
    order_id: str,
    subscriber_id: int,
    service: str,
    amount_fen: int,
    at: datetime,
) -> bool:
    """Whether there is such an affiliate; an order that was refunded before it came earns nothing."""
    if await find_affiliate(unit, affiliate_id) is None:
        return False
    event = NewEvent(
        id=order_event_id(order_id),
        affiliate_id=affiliate_id,
        kind=CommissionKind.HANDLING,
        service=service,
        subscriber_id=subscriber_id,
        amount_fen=amount_fen,
        occurred_at=at,
    )
    await hold_order(unit, order_id)
    if await is_refunded(unit, order_id):
        await insert_worthless(unit, event, outcome=REFUNDED)
    else:
        await insert_events(unit, [event])
    return True
