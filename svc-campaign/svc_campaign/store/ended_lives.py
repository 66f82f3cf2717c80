"""Keeps whose lives ended and when that was known; what that means for members is said where they are booked."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork

KEEP = """
INSERT INTO ended_life (subscriber_id, ended_at) SELECT subscriber_id, $2
FROM unnest($1::bigint[]) AS told (subscriber_id) ORDER BY subscriber_id
ON CONFLICT DO NOTHING
"""
AMONG = "SELECT subscriber_id FROM ended_life WHERE subscriber_id = ANY ($1::bigint[])"


async def keep_ended(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """Closes them from a moment on; those that are closed stay as they are."""
    await unit.driver.execute(KEEP, subscriber_ids, at)


async def ended_among(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> set[int]:
    """Which of these subscribers' lives are over."""
    return {row["subscriber_id"] for row in await unit.driver.fetch(AMONG, subscriber_ids)}
