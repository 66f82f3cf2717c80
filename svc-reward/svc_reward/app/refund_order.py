"""Takes the commission of a refunded order back: void before the lock, a negative line after it, never both."""

from datetime import tzinfo

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.commission_access import MAKERS
from svc_reward.domain.calendar_month import month_of
from svc_reward.domain.commission_booking import book_deducted
from svc_reward.domain.commission_pricing import REFUNDED, Verdict
from svc_reward.store.commission_events import hold_order, keep_refund, lock_event, order_event_id, settle_events
from svc_reward.store.commission_lines import deduct_event_lines, void_event_lines


async def refund_order(
    unit: UnitOfWork, *, identity: Identity, order_id: str, clock: Clock, zone: tzinfo
) -> tuple[int, int]:
    """How many lines were voided and how many deducted. Asked again it finds nothing left to take.

    A refund that comes before its order is kept, and the order then earns nothing. Raises PermissionRefused.
    """
    require_role(identity, *MAKERS)
    now = clock.now()
    await hold_order(unit, order_id)
    await keep_refund(unit, order_id, at=now)
    standing = await lock_event(unit, order_event_id(order_id))
    if standing is None:
        return 0, 0
    event, outcome = standing
    if not outcome:
        await settle_events(unit, [Verdict(event, REFUNDED, 0)])
        return 0, 0
    voided = await void_event_lines(unit, event)
    deductions = await deduct_event_lines(unit, event, now=now, month=str(month_of(now, zone)))
    await book_transfers(
        unit, [book_deducted(one.line, one.affiliate_id, one.amount_fen) for one in deductions], clock=clock
    )
    return voided, len(deductions)
