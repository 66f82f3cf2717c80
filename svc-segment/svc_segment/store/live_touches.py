"""Keeps whom events touched until their memberships are renewed; it must not renew them."""

from collections.abc import Sequence
from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event

# In the transaction of the events themselves: none is lost, whoever dies.
INSERT = """
INSERT INTO live_touch (subscriber_id, type)
SELECT DISTINCT * FROM unnest($1::integer[], $2::text[])
"""
READ = "SELECT id, subscriber_id, type FROM live_touch ORDER BY id LIMIT $1"
FORGET = "DELETE FROM live_touch WHERE id = ANY($1::bigint[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Whom events of which types touched; ``ids`` are what to forget once that is worked in."""

    ids: tuple[int, ...]
    subscriber_ids: tuple[int, ...]
    types: frozenset[str]


async def note_touched(unit: UnitOfWork, events: Sequence[Event]) -> None:
    """Keeps who was touched, in the transaction that books the events."""
    await unit.driver.execute(INSERT, [event.subscriber_id for event in events], [event.type for event in events])


async def read_touched(unit: UnitOfWork, *, limit: int) -> Touched:
    """The oldest that wait, each subscriber once."""
    rows = await unit.driver.fetch(READ, limit)
    return Touched(
        ids=tuple(row[0] for row in rows),
        subscriber_ids=tuple(sorted({row[1] for row in rows})),
        types=frozenset(row[2] for row in rows),
    )


async def forget_touched(unit: UnitOfWork, touched: Touched) -> None:
    """Lets go of what is worked in."""
    await unit.driver.execute(FORGET, touched.ids)
