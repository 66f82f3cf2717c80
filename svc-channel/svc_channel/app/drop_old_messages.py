"""Drops what was sent longer ago than the policy keeps; touches nothing that has not ended."""

from datetime import datetime, timedelta

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_channel.store.retention import AgedPage, drop_messages, fetch_aged

# One transaction of this size takes some tens of milliseconds and holds up no flush for longer.
PAGE_ROWS = 2_000


async def drop_old_messages(unit: UnitOfWork, *, after: int, kept_for: timedelta, now: datetime) -> AgedPage:
    """Looks at the next page of messages after an id, and drops those that are old."""
    await prefer_indexes(unit)
    page = await fetch_aged(unit, after=after, ended_before=now - kept_for, limit=PAGE_ROWS)
    await drop_messages(unit, page.old)
    return page
