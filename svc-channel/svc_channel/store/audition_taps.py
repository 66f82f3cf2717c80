"""Who tapped for which tone lately, so that one wish is one call; calls nobody."""

from datetime import datetime, timedelta

from carillon_chassis.database import UnitOfWork

# Taps of one subscriber wait for each other, or two at once would each be the first.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('audition-tap:' || $1::bigint::text, 0))"
FORGET = "DELETE FROM audition_tap WHERE tapped_at <= $1"
FIND = "SELECT tone FROM audition_tap WHERE subscriber_id = $1 AND tapped_at > $2"
KEEP = """
INSERT INTO audition_tap (subscriber_id, tone, tapped_at) VALUES ($1, $2, $3)
ON CONFLICT (subscriber_id, tone) DO UPDATE SET tapped_at = excluded.tapped_at
"""


async def find_taps(unit: UnitOfWork, subscriber_id: int, *, now: datetime, window: timedelta) -> set[str]:
    """The tones that a subscriber tapped for within the window; held until the transaction ends."""
    await unit.driver.execute(LOCK, subscriber_id)
    return {row["tone"] for row in await unit.driver.fetch(FIND, subscriber_id, now - window)}


async def keep_tap(unit: UnitOfWork, subscriber_id: int, tone: str, *, now: datetime) -> None:
    """A tap that led to a call."""
    await unit.driver.execute(KEEP, subscriber_id, tone, now)


async def forget_taps(unit: UnitOfWork, *, now: datetime, window: timedelta) -> None:
    """Drops what is outside of every window."""
    await unit.driver.execute(FORGET, now - window)
