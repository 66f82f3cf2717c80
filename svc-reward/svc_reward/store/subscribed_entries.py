"""Enters into a draw who was subscribed in a month, sets of subscribers at a time; it must not judge the draw (RWD-09)."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork

# Some of the month is enough. A use whose beginning is not known is one that ended in it or later. Whose life ended
# since can't take a prize, and who has the number now was not subscribed.
SUBSCRIBED = """
SELECT DISTINCT subscriber_id FROM service_use
WHERE service = $1 AND subscriber_id > $4 AND COALESCE(started_at, ended_at) < $3
    AND (ended_at IS NULL OR ended_at > $2)
    AND NOT EXISTS (SELECT FROM ended_life WHERE ended_life.subscriber_id = service_use.subscriber_id)
"""
COUNT = f"SELECT count(*) FROM ({SUBSCRIBED}) AS subscribed"  # noqa: S608 -- the query is above
# In the order of the entries' key, as all others enter theirs.
ENTER = f"""
WITH page AS (
    {SUBSCRIBED} ORDER BY subscriber_id LIMIT $5
), added AS (
    INSERT INTO draw_entry (draw, subscriber, source_key, added_at)
    SELECT $6, subscriber_id, $7, $8 FROM page ORDER BY subscriber_id
    ON CONFLICT DO NOTHING RETURNING true
)
SELECT max(subscriber_id) AS last, (SELECT count(*) FROM added) AS added FROM page
"""  # noqa: S608 -- the query is above


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedMonth:
    """A service, and a month as [``begins_at``, ``ends_at``); ``name`` is written 2026-10."""

    service: str
    name: str
    begins_at: datetime
    ends_at: datetime

    @property
    def source_key(self) -> str:
        """What the ticket is for, the same however often it is entered."""
        return f"subscribed:{self.service}:{self.name}"


async def count_subscribed(unit: UnitOfWork, month: SubscribedMonth) -> int:
    """How many were subscribed in it."""
    return int(await unit.driver.fetchval(COUNT, month.service, month.begins_at, month.ends_at, 0))


async def enter_subscribed(
    unit: UnitOfWork, draw_id: str, month: SubscribedMonth, *, after: int, limit: int, now: datetime
) -> tuple[int, int]:
    """The last subscriber of the page, 0 behind the last page, and how many tickets were new.

    The draw must be shared in this transaction.
    """
    [row] = await unit.driver.fetch(
        ENTER,
        month.service,
        month.begins_at,
        month.ends_at,
        after,
        limit,
        uuid.UUID(draw_id),
        month.source_key,
        now,
    )
    return row["last"] or 0, row["added"]
