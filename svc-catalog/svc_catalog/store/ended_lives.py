"""Keeps whose lives ended, so that nothing more is sold to them; it must not end anything."""

from collections.abc import Mapping
from datetime import date

from carillon_chassis.database import UnitOfWork

# Whoever books for a subscriber holds it shared, whoever ends lives alone: else an order that is confirmed at the very
# moment would begin a subscription that nobody ends. "lives" in ASCII.
LIVES_LOCK = 0x6C69766573
HOLD = "SELECT pg_advisory_xact_lock_shared($1)"
TAKE = "SELECT pg_advisory_xact_lock($1)"
HAS_ENDED = "SELECT EXISTS (SELECT FROM ended_life WHERE subscriber_id = $1)"
KEEP = """
INSERT INTO ended_life (subscriber_id, ended_on) SELECT * FROM unnest($1::bigint[], $2::date[])
ON CONFLICT DO NOTHING
"""


async def hold_lives(unit: UnitOfWork) -> None:
    """Lets no life end before this transaction does; it must come before any lock on an order, as for who ends lives."""
    await unit.driver.execute(HOLD, LIVES_LOCK)


async def has_ended(unit: UnitOfWork, subscriber_id: int) -> bool:
    """Whether the subscriber's life is over; lives must be held."""
    return bool(await unit.driver.fetchval(HAS_ENDED, subscriber_id))


async def keep_ended(unit: UnitOfWork, ended: Mapping[int, date]) -> None:
    """Keeps them, once nobody books for anybody at this moment; those that are known stay as they are."""
    await unit.driver.execute(TAKE, LIVES_LOCK)
    await unit.driver.execute(KEEP, list(ended), list(ended.values()))
