"""Keeps the entries of a draw, and the entrants that they come to at the close; sets of rows at a time, always."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.draw import Draw
from svc_reward.domain.draw_entrant import TOKEN_BYTES, Entry

# A page is hashed between two waits for the database, some 5 ms in which no other call is served.
PAGE_ROWS = 2_000

# In the order of the key, so that two callers with the same entries wait for each other and never in a ring.
ADD = """
INSERT INTO draw_entry (draw, subscriber, source_key, added_at)
SELECT $1, subscriber, source_key, $4
FROM unnest($2::bigint[], $3::text[]) AS new (subscriber, source_key)
ORDER BY subscriber, source_key
ON CONFLICT DO NOTHING
RETURNING subscriber, source_key
"""
ENTRIES = """
SELECT subscriber, source_key FROM draw_entry
WHERE draw = $1 AND (subscriber, source_key) > ($2, $3) ORDER BY subscriber, source_key LIMIT $4
"""
# The token is domain/draw_entrant.py's entrant_token, computed where the rows are: a test holds the two equal.
FREEZE = f"""
INSERT INTO draw_entrant (draw, position, token, tickets, subscriber)
SELECT $1, row_number() OVER (ORDER BY token), token, tickets, subscriber
FROM (
    SELECT subscriber, count(*) AS tickets, substr(sha256($2::bytea || int8send(subscriber)), 1, {TOKEN_BYTES}) AS token
    FROM draw_entry WHERE draw = $1 GROUP BY subscriber
) AS entrant
ORDER BY token
"""  # noqa: S608 -- the number is a constant
PAGE = """
SELECT token, tickets FROM draw_entrant WHERE draw = $1 AND position > $2 ORDER BY position LIMIT $3
"""

FIND = "SELECT position, tickets FROM draw_entrant WHERE draw = $1 AND token = $2"


async def add_entries(unit: UnitOfWork, draw_id: str, entries: Sequence[Entry], *, now: datetime) -> list[Entry]:
    """Adds those that do not stand, and answers those. The draw must be shared in this transaction."""
    rows = await unit.driver.fetch(
        ADD,
        uuid.UUID(draw_id),
        [entry.subscriber_id for entry in entries],
        [entry.source_key for entry in entries],
        now,
    )
    return [Entry(subscriber_id=subscriber, source_key=source_key) for subscriber, source_key in rows]


async def page_entries(unit: UnitOfWork, draw_id: str, *, after: Entry | None, limit: int) -> list[Entry]:
    """Entries behind that one, in the order of their keys."""
    seen = (after.subscriber_id, after.source_key) if after else (0, "")
    rows = await unit.driver.fetch(ENTRIES, uuid.UUID(draw_id), *seen, limit)
    return [Entry(subscriber_id=subscriber, source_key=source_key) for subscriber, source_key in rows]


async def freeze_entrants(unit: UnitOfWork, draw: Draw) -> int:
    """Sums the entries up to entrants in the order of their tokens; answers how many. The draw must be locked."""
    status = await unit.driver.execute(FREEZE, uuid.UUID(draw.rule.draw_id), draw.salt)
    return int(status.rsplit(" ", 1)[1])


async def page_entrants(
    unit: UnitOfWork, draw_id: str, *, after: int = 0, limit: int = PAGE_ROWS
) -> list[tuple[bytes, int]]:
    """Token and tickets of the entrants behind that position, in their order."""
    rows = await unit.driver.fetch(PAGE, uuid.UUID(draw_id), after, limit)
    return [(token, tickets) for token, tickets in rows]


async def stream_entrants(unit: UnitOfWork, draw_id: str) -> AsyncIterator[list[tuple[bytes, int]]]:
    """All entrants, page by page."""
    after = 0
    while page := await page_entrants(unit, draw_id, after=after):
        yield page
        after += len(page)


async def find_entrant(unit: UnitOfWork, draw_id: str, token: bytes) -> tuple[int, int] | None:
    """Position and tickets of an entrant, None when nobody has that token."""
    row = await unit.driver.fetchrow(FIND, uuid.UUID(draw_id), token)
    return (row["position"], row["tickets"]) if row else None
