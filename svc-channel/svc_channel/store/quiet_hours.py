"""The hours of peace as they are kept; reckons nothing."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.quiet_hours import QuietHours

PUT = """
INSERT INTO quiet_hours (channel, message_class, starts, ends, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, message_class) DO UPDATE
SET starts = excluded.starts, ends = excluded.ends, changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""

END = "DELETE FROM quiet_hours WHERE channel = $1 AND message_class = $2"

FETCH = "SELECT channel, message_class, starts, ends FROM quiet_hours ORDER BY channel, message_class"


async def put_quiet_hours(unit: UnitOfWork, hours: QuietHours, *, by: str, now: datetime) -> None:
    """Sets the hours of a channel and class."""
    await unit.driver.execute(PUT, hours.channel, hours.message_class, hours.starts, hours.ends, by, now)


async def end_quiet_hours(unit: UnitOfWork, *, channel: str, message_class: str) -> None:
    """Forgets them; where none stood nothing changes."""
    await unit.driver.execute(END, channel, message_class)


async def fetch_quiet_hours(unit: UnitOfWork) -> list[QuietHours]:
    """All of them, those of all channels first."""
    return [QuietHours(**row) for row in await unit.driver.fetch(FETCH)]
