"""The dictionary between numbers and ordinals in PostgreSQL; rows are added, never changed, never removed."""

from collections.abc import Mapping, Sequence

from carillon_chassis.database import UnitOfWork

RESOLVE = """
SELECT msisdn, subscriber_id FROM number
WHERE msisdn = ANY($1::bigint[]) AND ended_on IS NULL AND waiting_for IS NULL
"""
LOOK_UP = """
SELECT subscriber_id, msisdn FROM number
WHERE subscriber_id = ANY($1::integer[]) AND ended_on IS NULL AND waiting_for IS NULL
"""
# A signed integer holds every ordinal there will be; others are nobody's.
MAX_SUBSCRIBER_ID = 2**31 - 1


async def resolve_numbers(unit: UnitOfWork, numbers: Sequence[int]) -> Mapping[int, int]:
    """Subscriber ids by number; a number nobody has is absent."""
    return {row[0]: row[1] for row in await unit.driver.fetch(RESOLVE, numbers)}


async def look_up_numbers(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> Mapping[int, int]:
    """Numbers by subscriber id; an ordinal never granted is absent."""
    possible = [one for one in subscriber_ids if one <= MAX_SUBSCRIBER_ID]
    return {row[0]: row[1] for row in await unit.driver.fetch(LOOK_UP, possible)}
