"""Drops old messages page by page; decides nothing about how old is old."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import NO_CAMPAIGN

# Ids rise with time, so a page of them needs no index over ends. Single messages stay: their callers may ask for them.
PAGE = """
SELECT id, coalesce(ended_at < $2 AND campaign_id <> $4, false) AS old
FROM message WHERE id > $1 ORDER BY id LIMIT $3
"""

# What names a message goes before it.
DROP = (
    "DELETE FROM message_part WHERE message_id = ANY($1::bigint[])",
    "DELETE FROM failed_step WHERE message_id = ANY($1::bigint[])",
    "DELETE FROM message WHERE id = ANY($1::bigint[])",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedPage:
    """A page of messages by id: those that are old, and the last id looked at (None: there are no more)."""

    old: Sequence[int]
    last: int | None


async def fetch_aged(unit: UnitOfWork, *, after: int, ended_before: datetime, limit: int) -> AgedPage:
    """The next messages of campaigns after an id that ended before a moment."""
    rows = await unit.driver.fetch(PAGE, after, ended_before, limit, NO_CAMPAIGN)
    return AgedPage(old=[row["id"] for row in rows if row["old"]], last=rows[-1]["id"] if rows else None)


async def drop_messages(unit: UnitOfWork, message_ids: Sequence[int]) -> None:
    """Removes ended messages with everything that hangs on them."""
    if message_ids:
        for statement in DROP:
            await unit.driver.execute(statement, message_ids)
