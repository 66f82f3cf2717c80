"""Directories, calls that play tones, and SMS owed after calls; dials and sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.hotline import Directory, OutCallState, Tone

PUT_TONES = """
INSERT INTO directory_tone (branch, short_code, place, tone, title)
SELECT $1, short_code, place, tone, title
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS t (short_code, tone, title, place)
"""
LIST_TONES = """
SELECT branch, short_code, tone, title FROM directory_tone
WHERE branch = '' OR branch = $1 ORDER BY branch, place
"""
REQUEST_CALL = """
INSERT INTO out_call (id, msisdn, tone, state, requested_at, due_at) VALUES ($1, $2, $3, 'pending', $4, $4)
ON CONFLICT DO NOTHING
"""
FIND_CALL = "SELECT id, msisdn, tone, state, reason, attempts, requested_at FROM out_call WHERE id = $1"
# Whoever takes calls has them until the lease ends; then another may, and the out-call system knows the id.
TAKE_CALLS = """
UPDATE out_call SET attempts = attempts + 1, due_at = $2
WHERE id IN (SELECT id FROM out_call WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, msisdn, tone, state, reason, attempts, requested_at
"""
END_CALL = "UPDATE out_call SET state = $2, reason = $3, due_at = NULL WHERE id = $1 AND state = 'pending'"
PUT_OFF_CALL = "UPDATE out_call SET due_at = $2 WHERE id = $1 AND state = 'pending'"
OWE = """
INSERT INTO after_call (session_id, msisdn, text, hung_up_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT DO NOTHING
"""
LIST_OWED = "SELECT session_id, msisdn, text FROM after_call WHERE NOT is_sent ORDER BY hung_up_at LIMIT $1"
SETTLE_OWED = """
UPDATE after_call SET is_sent = true WHERE session_id = ANY ($1::uuid[]) AND NOT is_sent RETURNING session_id
"""
FORGET_OWED = "DELETE FROM after_call WHERE is_sent AND hung_up_at < $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutCall:
    """One call."""

    id: UUID
    msisdn: str
    tone: str
    state: str
    reason: str
    attempts: int
    requested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An SMS for somebody who hung up."""

    session_id: UUID
    msisdn: str
    text: str


async def put_directory(unit: UnitOfWork, directory: Directory) -> None:
    """These tones and no others are the branch's."""
    await unit.driver.execute("DELETE FROM directory_tone WHERE branch = $1", directory.branch)
    tones = directory.tones
    await unit.driver.execute(
        PUT_TONES,
        directory.branch,
        [tone.short_code for tone in tones],
        [tone.tone for tone in tones],
        [tone.title for tone in tones],
    )


async def list_directories(unit: UnitOfWork, *, branch: str) -> list[Directory]:
    """The province's directory, and the branch's where one is named."""
    rows = await unit.driver.fetch(LIST_TONES, branch)
    by_branch: dict[str, list[Tone]] = {"": [], branch: []}
    for row in rows:
        tone = Tone(short_code=row["short_code"], tone=row["tone"], title=row["title"])
        by_branch[row["branch"]].append(tone)
    return [Directory(branch=name, tones=tuple(tones)) for name, tones in by_branch.items()]


async def request_call(unit: UnitOfWork, *, call_id: UUID, msisdn: str, tone: str, now: datetime) -> None:
    """Books a call that is to be placed now; the same id again is the same call."""
    await unit.driver.execute(REQUEST_CALL, call_id, msisdn, tone, now)


async def find_call(unit: UnitOfWork, call_id: UUID) -> OutCall | None:
    """One call."""
    row = await unit.driver.fetchrow(FIND_CALL, call_id)
    return None if row is None else OutCall(**row)


async def take_calls(unit: UnitOfWork, *, now: datetime, lease_until: datetime, limit: int) -> list[OutCall]:
    """Calls that are due; nobody else takes them before the lease ends."""
    return [OutCall(**row) for row in await unit.driver.fetch(TAKE_CALLS, now, lease_until, limit)]


async def end_call(unit: UnitOfWork, call_id: UUID, state: OutCallState, *, reason: str = "") -> None:
    """A call is placed or refused."""
    await unit.driver.execute(END_CALL, call_id, state.value, reason)


async def put_off_call(unit: UnitOfWork, call_id: UUID, *, until: datetime) -> None:
    """A call is tried again later."""
    await unit.driver.execute(PUT_OFF_CALL, call_id, until)


async def owe_after_calls(unit: UnitOfWork, owed: Sequence[Owed], *, now: datetime) -> None:
    """Owes an SMS, once a session."""
    if owed:
        columns = [one.session_id for one in owed], [one.msisdn for one in owed], [one.text for one in owed]
        await unit.driver.execute(OWE, *columns, [now] * len(owed))


async def list_owed(unit: UnitOfWork, *, limit: int) -> list[Owed]:
    """The oldest that are owed."""
    return [Owed(**row) for row in await unit.driver.fetch(LIST_OWED, limit)]


async def settle_owed(unit: UnitOfWork, session_ids: Sequence[UUID]) -> set[UUID]:
    """Marks them as sent; those that another replica sent meanwhile do not come back."""
    return {row["session_id"] for row in await unit.driver.fetch(SETTLE_OWED, list(session_ids))}


async def forget_owed(unit: UnitOfWork, *, before: datetime) -> None:
    """Drops what was sent long ago; while it stands its session is not sent another."""
    await unit.driver.execute(FORGET_OWED, before)
