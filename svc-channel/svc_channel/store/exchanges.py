"""Texts that wait for an answer and those that had one, with what was left to say; answers none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.store.inbound import ResolvedInbound

ROWS_A_SWEEP: Final = 10_000
# A network that lost our acknowledgement says a text again, at the latest after so long. What somebody types again in
# that time is told from it by whether they can have read the answer.
REPEATED_WITHIN: Final = timedelta(minutes=5)
READ_SECONDS: Final = timedelta(seconds=8)
# The rest of an answer can be asked for so long.
REST_KEPT: Final = timedelta(hours=1)
COUNTED: Final = timedelta(hours=1)

OPEN = """
INSERT INTO text_exchange (inbound_id, subscriber_id, sender, recipient, text, received_at, taken_until)
SELECT *, '-infinity' FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
ON CONFLICT DO NOTHING
"""

# Of each sender the oldest alone: what they said next builds on it. Whoever takes it has it until the lease ends.
TAKE = """
UPDATE text_exchange AS e SET taken_until = $2
FROM (
    SELECT inbound_id FROM (
        SELECT DISTINCT ON (sender) inbound_id, received_at, taken_until FROM text_exchange
        WHERE answered_at IS NULL ORDER BY sender, received_at, inbound_id
    ) AS first
    WHERE taken_until <= $1 ORDER BY received_at LIMIT $3
) AS due
WHERE e.inbound_id = due.inbound_id AND e.answered_at IS NULL AND e.taken_until <= $1
RETURNING e.inbound_id
"""

LOOK = """
SELECT e.inbound_id, e.subscriber_id, e.sender, e.recipient, e.text, e.received_at,
       EXISTS (
           SELECT FROM text_exchange p JOIN message m ON m.id = p.reply_id
           WHERE p.sender = e.sender AND p.recipient = e.recipient AND p.text = e.text
             AND p.inbound_id <> e.inbound_id
             AND p.received_at BETWEEN e.received_at - $2::interval AND e.received_at
             AND (m.ended_at IS NULL OR m.ended_at > e.received_at - $3::interval)
       ) AS is_repeated,
       coalesce((
           SELECT p.rest FROM text_exchange p
           WHERE p.sender = e.sender AND p.recipient = e.recipient AND p.outcome = 'answered'
             AND p.received_at BETWEEN e.received_at - $4::interval AND e.received_at
           ORDER BY p.received_at DESC, p.inbound_id DESC LIMIT 1
       ), '') AS rest,
       (
           SELECT count(*) FROM text_exchange p
           WHERE p.sender = e.sender AND p.recipient = e.recipient AND p.outcome = 'answered'
             AND p.received_at BETWEEN e.received_at - $5::interval AND e.received_at
       ) AS answered_lately
FROM text_exchange e WHERE e.inbound_id = ANY($1::uuid[]) ORDER BY e.received_at, e.inbound_id
"""

HOLD = """
SELECT inbound_id FROM text_exchange WHERE inbound_id = ANY($1::uuid[]) AND answered_at IS NULL
ORDER BY inbound_id FOR UPDATE
"""

SETTLE = """
UPDATE text_exchange AS e SET outcome = s.outcome, reply_id = s.reply_id, rest = s.rest, answered_at = $5
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS s (inbound_id, outcome, reply_id, rest)
WHERE e.inbound_id = s.inbound_id
"""

FORGET = """
DELETE FROM text_exchange WHERE ctid IN (
    SELECT ctid FROM text_exchange WHERE received_at < $1 AND answered_at IS NOT NULL LIMIT $2
)
"""


class ExchangeOutcome(StrEnum):
    """What became of a text."""

    ANSWERED = "answered"
    REPEATED = "repeated"
    """The network said it again; its answer is the first one's."""
    HELD = "held"
    """Too many answers went there lately: two machines must not talk to each other for ever."""
    DROPPED = "dropped"
    """Nobody answers at that number any more, or nothing is to be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A text that is to be answered, with what is known of those before it at the same number."""

    inbound_id: UUID
    subscriber_id: int
    sender: str
    recipient: str
    text: str
    received_at: datetime
    is_repeated: bool
    rest: str
    """What is left of the answer before."""
    answered_lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of it; ``reply_id`` names the message of its answer, ``rest`` is what that left to say."""

    inbound_id: UUID
    outcome: ExchangeOutcome
    reply_id: int | None = None
    rest: str = ""


async def open_exchanges(unit: UnitOfWork, messages: Sequence[ResolvedInbound]) -> None:
    """Keeps texts that are to be answered, each once."""
    await unit.driver.execute(
        OPEN,
        [one.id for one in messages],
        [one.subscriber_id for one in messages],
        [one.sender for one in messages],
        [one.recipient for one in messages],
        [one.text for one in messages],
        [one.received_at for one in messages],
    )


async def take_exchanges(unit: UnitOfWork, *, now: datetime, until: datetime, limit: int) -> list[Exchange]:
    """The oldest that nobody has, at most one a sender; they are the caller's until the lease ends."""
    taken = await unit.driver.fetch(TAKE, now, until, limit)
    if not taken:
        return []
    ids = [row["inbound_id"] for row in taken]
    rows = await unit.driver.fetch(LOOK, ids, REPEATED_WITHIN, READ_SECONDS, REST_KEPT, COUNTED)
    return [Exchange(**row) for row in rows]


async def hold_open(unit: UnitOfWork, inbound_ids: Sequence[UUID]) -> set[UUID]:
    """Those of them that nobody has settled, held until the transaction ends."""
    return {row["inbound_id"] for row in await unit.driver.fetch(HOLD, inbound_ids)}


async def settle_exchanges(unit: UnitOfWork, settled: Sequence[Settled], *, now: datetime) -> None:
    """Writes what became of exchanges that are held."""
    await unit.driver.execute(
        SETTLE,
        [one.inbound_id for one in settled],
        [one.outcome.value for one in settled],
        [one.reply_id for one in settled],
        [one.rest for one in settled],
        now,
    )


async def forget_exchanges(unit: UnitOfWork, *, before: datetime) -> int:
    """Drops what was said long ago; how many rows."""
    status = await unit.driver.execute(FORGET, before, ROWS_A_SWEEP)
    return int(status.rsplit(" ", 1)[-1])
