"""The ledger of consents and what it comes to, changed together; decides nothing about messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.consent import ConsentChange, ConsentSource, ConsentState, read_scope

# Claims take it shared, changes of consent alone: a claim that commits after an opt-out has seen it, whatever snapshot
# it began with. Both hold it for milliseconds.
GATE = 0x63_6F_6E_73_65_6E_74
CLOSE_GATE = "SELECT pg_advisory_xact_lock($1)"

# Numbers are given under the gate, so the order of numbers is the order of commits.
INSERT = """
INSERT INTO consent_entry (subscriber_id, scope, state, at, source, evidence, actor, text, booked_at)
SELECT subscriber_id, scope, state, at, source, evidence, actor, text, $9
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[])
     WITH ORDINALITY AS e (subscriber_id, scope, state, at, source, evidence, actor, text, place)
ORDER BY place
RETURNING number
"""

# The last word of a subscriber about a scope counts, also where one transaction brings two.
DERIVE = """
INSERT INTO consent (subscriber_id, scope, state, entry, since)
SELECT DISTINCT ON (subscriber_id, scope) subscriber_id, scope, state, number, at
FROM consent_entry WHERE number = ANY($1::bigint[])
ORDER BY subscriber_id, scope, number DESC
ON CONFLICT (subscriber_id, scope) DO UPDATE SET state = excluded.state, entry = excluded.entry, since = excluded.since
"""

CURRENT = """
SELECT e.number, e.subscriber_id, e.scope, e.state, e.at, e.source, e.evidence, e.actor, e.text
FROM consent c JOIN consent_entry e ON e.number = c.entry
WHERE c.subscriber_id = $1 ORDER BY c.scope
"""

HISTORY = """
SELECT number, subscriber_id, scope, state, at, source, evidence, actor, text
FROM consent_entry WHERE subscriber_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3
"""

WITHDRAWN = "SELECT scope FROM consent WHERE subscriber_id = $1 AND state = 'withdrawn'"

# Beyond every number of the ledger.
LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """A line of the ledger under its number."""

    number: int
    change: ConsentChange


async def book_consents(unit: UnitOfWork, changes: Sequence[ConsentChange], *, now: datetime) -> list[int]:
    """Adds to the ledger and brings the current state along; answers the lines' numbers.

    From here until the transaction ends no message is claimed, so who opted out is sent no marketing after the commit.
    """
    if not changes:
        return []
    await close_gate(unit)
    rows = await unit.driver.fetch(
        INSERT,
        [one.subscriber_id for one in changes],
        [one.scope.key for one in changes],
        [one.state.value for one in changes],
        [one.at for one in changes],
        [one.source.value for one in changes],
        [one.evidence for one in changes],
        [one.actor for one in changes],
        [one.text for one in changes],
        now,
    )
    numbers = [int(row["number"]) for row in rows]
    await unit.driver.execute(DERIVE, numbers)
    return numbers


async def close_gate(unit: UnitOfWork) -> None:
    """From here until the transaction ends no message is claimed."""
    await unit.driver.execute(CLOSE_GATE, GATE)


async def fetch_current(unit: UnitOfWork, subscriber_id: int) -> list[ConsentEntry]:
    """The line that counts for each scope that the subscriber ever spoke of."""
    return [_entry(row) for row in await unit.driver.fetch(CURRENT, subscriber_id)]


async def fetch_history(unit: UnitOfWork, subscriber_id: int, *, before: int, limit: int) -> list[ConsentEntry]:
    """Lines older than number ``before``, the latest first."""
    return [_entry(row) for row in await unit.driver.fetch(HISTORY, subscriber_id, before, limit)]


async def fetch_withdrawn(unit: UnitOfWork, subscriber_id: int) -> frozenset[str]:
    """The keys of the scopes that the subscriber has withdrawn."""
    return frozenset(row["scope"] for row in await unit.driver.fetch(WITHDRAWN, subscriber_id))


def _entry(row: asyncpg.Record) -> ConsentEntry:
    change = ConsentChange(
        subscriber_id=row["subscriber_id"],
        scope=read_scope(row["scope"]),
        state=ConsentState(row["state"]),
        at=row["at"],
        source=ConsentSource(row["source"]),
        evidence=row["evidence"],
        actor=row["actor"],
        text=row["text"],
    )
    return ConsentEntry(number=row["number"], change=change)
