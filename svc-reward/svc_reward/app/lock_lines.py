"""Locks lines whose holding days are over, and books them in the same transaction; it must not lock a line early."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.book_transfers import book_transfers
from svc_reward.domain.commission_booking import book_locked
from svc_reward.store.commission_lines import draw_lock_run, lock_due_lines

# Some seconds of work, which a refund may have to wait for; each affiliate is booked once a batch, so few large ones
# are less work than many small ones.
MAX_LINES = 200_000


async def lock_lines(unit: UnitOfWork, *, clock: Clock, limit: int = MAX_LINES) -> int:
    """How many lines were locked. The ledger gets one transfer an affiliate, ``lock:<run>:<affiliate>``."""
    run = await draw_lock_run(unit)
    totals = await lock_due_lines(unit, now=clock.now(), run=run, limit=limit)
    transfers = [book_locked(run, total.affiliate_id, total.kind, total.amount_fen) for total in totals]
    await book_transfers(unit, transfers, clock=clock)
    return sum(total.lines for total in totals)
