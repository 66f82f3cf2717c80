"""Gives back what is left of holds whose time is over; several may run, each takes what it finds."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.store.holds import lock_due, time_out_all

# What one transaction ends at most: it holds the accounts of all of them.
MAX_TIME_OUTS = 1000


async def time_out_holds(unit: UnitOfWork, *, clock: Clock) -> int:
    """Ends at most MAX_TIME_OUTS holds; answers how many."""
    due = await lock_due(unit, now=clock.now(), limit=MAX_TIME_OUTS)
    if due:
        await time_out_all(unit, due)
    return len(due)
