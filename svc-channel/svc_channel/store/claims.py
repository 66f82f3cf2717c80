"""Messages taken by senders: who holds what, and what a dead sender held; sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.message import MessageState, check_transition
from svc_channel.domain.quiet_hours import QuietHours, quiet_now
from svc_channel.store.consents import GATE
from svc_channel.store.messages import EndedMessage
from svc_channel.store.ownership import lock_key

# What the statements below do to states; a transition table that forbids it stops the service before it starts.
check_transition(MessageState.QUEUED, MessageState.SENDING)
check_transition(MessageState.QUEUED, MessageState.FAILED)
check_transition(MessageState.SENDING, MessageState.QUEUED)

# What a part that went over another line stands as among those that were answered.
ELSEWHERE = 0

# Why a message ``m`` goes no more, judged at $1: when it is handed over, and again before a slow line writes it.
OVER = """
        WHEN EXISTS (SELECT FROM ended_life e WHERE e.subscriber_id = m.subscriber_id) THEN 'LIFE_ENDED'
        WHEN m.expires_at <= $1 THEN 'EXPIRED'
        WHEN m.class = 'marketing' AND (
            EXISTS (
                SELECT FROM consent c WHERE c.subscriber_id = m.subscriber_id AND c.state = 'withdrawn'
                AND c.scope IN ('all', 'do_not_disturb', 'channel:' || m.channel, 'category:' || m.category)
            ) OR EXISTS (SELECT FROM heard_opt_out h WHERE h.msisdn = m.msisdn)
        ) THEN 'OPTED_OUT'
"""

# SKIP LOCKED lets several senders take from one queue without waiting for each other. The pairs of class and route come
# in the order in which they are to be taken, and the loop over them stops at the limit: a class is looked at only when
# those before it are empty.
#
# What was right when a message was taken in may be wrong hours later, so it is judged here once more, by the statement
# that hands it over: past its time, to a life that ended and against a consent it ends, in quiet hours it waits for
# their end. The same rules as domain.consent.may_send and domain.quiet_hours.quiet_until; a test holds them equal.
CLAIM = f"""
WITH free AS (
    SELECT due.* FROM unnest($3::message_class[], $4::text[]) AS wanted (class, route)
    CROSS JOIN LATERAL (
        SELECT m.id, m.subscriber_id, m.msisdn, m.channel, m.class, m.category, m.expires_at
        FROM message m WHERE m.route = wanted.route AND m.class = wanted.class AND m.due_at <= $1
        ORDER BY m.due_at, m.id LIMIT $2 FOR UPDATE SKIP LOCKED
    ) AS due LIMIT $2
), judged AS MATERIALIZED (
    SELECT m.id, q.until, CASE {OVER} ELSE '' END AS failure
    FROM free m LEFT JOIN unnest($5::message_channel[], $6::message_class[], $7::timestamptz[])
         AS q (channel, class, until) ON q.channel = m.channel AND q.class = m.class
), held AS (
    UPDATE message m SET due_at = j.until FROM judged j WHERE m.id = j.id AND j.failure = '' AND j.until IS NOT NULL
), blocked AS (
    UPDATE message m SET state = 'failed', reason = j.failure, due_at = NULL, ended_at = $1
    FROM judged j WHERE m.id = j.id AND j.failure <> ''
    RETURNING m.id, m.campaign_id, m.subscriber_id, m.reason
), taken AS (
    UPDATE message m SET state = 'sending', due_at = NULL, attempts = m.attempts + 1
    FROM judged j WHERE m.id = j.id AND j.failure = '' AND j.until IS NULL
    RETURNING m.id, m.campaign_id, m.subscriber_id, m.batch, m.msisdn, m.text, m.attempts, m.parts, m.channel, m.class,
              m.cell, m.content, m.step
)
SELECT t.id, t.campaign_id, t.subscriber_id, '' AS failure, t.batch, t.msisdn, t.text, t.attempts, t.parts,
       t.channel::text, t.class AS message_class, t.cell, t.content, t.step, b.sender, b.traceparent,
       ARRAY(SELECT CASE WHEN p.line IN ('', $8) THEN p.part ELSE {ELSEWHERE} END FROM message_part p WHERE p.message_id = t.id)
           AS answered
FROM taken t JOIN batch b ON b.campaign_id = t.campaign_id AND b.number = t.batch
UNION ALL
SELECT id, campaign_id, subscriber_id, reason, 0, '', '', 0, 0, 'sms', 'marketing', '', NULL, 0, '', '', NULL FROM blocked
ORDER BY message_class, id
"""  # noqa: S608 -- constants of this module

# One way there for two things: the gate of consents, and the hours of peace.
GO_THROUGH = """
WITH gate AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1))
SELECT q.channel, q.message_class, q.starts, q.ends FROM gate LEFT JOIN quiet_hours q ON true
"""

INSERT_CLAIM = "INSERT INTO claim (id, owner, message_ids, claimed_at, line) VALUES ($1, $2, $3, $4, $5)"

DELETE_CLAIMS = "DELETE FROM claim WHERE id = ANY($1::uuid[])"

# A message that left nothing on the wire has not been attempted. What a newer claim holds is that claim's: a flush may
# be booked again after a commit whose outcome got lost.
REQUEUE = """
UPDATE message SET state = 'queued', due_at = $2, attempts = attempts - $3
WHERE id = ANY($1::bigint[]) AND state = 'sending'
  AND id <> ALL (ARRAY(SELECT unnest(message_ids) FROM claim WHERE claimed_at > $4::timestamptz))
"""

CLAIMED_MESSAGES = "SELECT unnest(message_ids) FROM claim WHERE id = ANY($1::uuid[])"

OTHER_OWNERS = "SELECT DISTINCT owner FROM claim WHERE owner <> $1"

# Whoever gets a sender's lock knows that the sender's session, and so the sender, is gone.
TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"

CLAIMS_OF = "SELECT id, message_ids, claimed_at, line FROM claim WHERE owner = $1 FOR UPDATE"

COUNT_DUE = "SELECT count(*) FROM (SELECT 1 FROM message WHERE due_at IS NOT NULL LIMIT $1) AS due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a sender takes: at most ``limit`` messages of these routes and classes, in the order of preference.

    Every message of a class goes before any of the next one; ``line`` is the name under which the claim is booked.
    """

    line: str
    routes: Sequence[str]
    classes: Sequence[MessageClass] = tuple(MessageClass)
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """A message to submit; ``answered`` are the parts that an earlier attempt got through over the same line.

    ``step`` is the way of its chain that it takes, 0 the first.
    ``went_elsewhere``: parts of it went over another line; they fit none of these and are to be forgotten first.
    """

    id: int
    campaign_id: UUID
    batch: int
    sender: str
    msisdn: str
    text: str
    attempts: int
    parts: int
    channel: Channel
    message_class: MessageClass
    cell: str
    content: bytes | None
    traceparent: str
    answered: frozenset[int]
    step: int
    went_elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What one claim came to: the messages to send, and those that ended instead, for EXPIRED, OPTED_OUT or LIFE_ENDED."""

    messages: Sequence[ClaimedMessage] = ()
    blocked: Sequence[EndedMessage] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadClaim:
    """What a sender that is gone had claimed."""

    id: UUID
    message_ids: tuple[int, ...]
    claimed_at: datetime
    line: str


async def claim_messages(unit: UnitOfWork, wanted: Wanted, *, claim_id: UUID, owner: UUID, now: datetime) -> Claimed:
    """Takes due messages, by class and then the oldest first, and writes down that ``owner`` has them.

    Those that may no longer go end here, and those in quiet hours are put off; neither is claimed.
    """
    await prefer_indexes(unit)
    quiet = await _quiet(unit, wanted.classes, now)
    pairs = [(one.value, route) for one in wanted.classes for route in wanted.routes]
    rows = await unit.driver.fetch(
        CLAIM,
        now,
        wanted.limit,
        [one for one, _ in pairs],
        [route for _, route in pairs],
        [channel for channel, _, _ in quiet],
        [message_class for _, message_class, _ in quiet],
        [until for _, _, until in quiet],
        wanted.line,
    )
    taken = [row for row in rows if not row["failure"]]
    if taken:
        await unit.driver.execute(INSERT_CLAIM, claim_id, owner, [row["id"] for row in taken], now, wanted.line)
    return Claimed(
        messages=[_message(row) for row in taken],
        blocked=[
            EndedMessage(campaign_id=row["campaign_id"], subscriber_id=row["subscriber_id"], reason=row["failure"])
            for row in rows
            if row["failure"]
        ],
    )


async def _quiet(
    unit: UnitOfWork, classes: Sequence[MessageClass], now: datetime
) -> list[tuple[Channel, MessageClass, datetime]]:
    """Passes the gate of consents; answers which channels and classes have quiet now, and until when."""
    hours = [
        QuietHours(channel=row["channel"], message_class=row["message_class"], starts=row["starts"], ends=row["ends"])
        for row in await unit.driver.fetch(GO_THROUGH, GATE)
        if row["channel"] is not None
    ]
    return quiet_now(hours, classes=classes, moment=now)


async def count_due(unit: UnitOfWork, *, limit: int) -> int:
    """Messages in the queue, counted up to ``limit``."""
    return int(await unit.driver.fetchval(COUNT_DUE, limit))


async def end_claims(unit: UnitOfWork, claim_ids: Sequence[UUID]) -> None:
    """Forgets claims whose messages are all answered, requeued or in doubt."""
    if claim_ids:
        await unit.driver.execute(DELETE_CLAIMS, claim_ids)


async def requeue(
    unit: UnitOfWork, message_ids: Sequence[int], *, due_at: datetime, unattempted: bool, claimed_at: datetime | None
) -> None:
    """Puts messages of the claim of ``claimed_at`` back into the queue, but none that was claimed again since.

    ``unattempted`` when the attempt is not to be counted; without ``claimed_at`` nobody can have claimed them since.
    """
    if message_ids:
        await unit.driver.execute(REQUEUE, message_ids, due_at, int(unattempted), claimed_at)


async def release_claims(unit: UnitOfWork, claim_ids: Sequence[UUID], *, now: datetime) -> None:
    """Undoes claims of which the sender never learnt: nothing of them was on the wire."""
    rows = await unit.driver.fetch(CLAIMED_MESSAGES, claim_ids)
    await requeue(unit, [row[0] for row in rows], due_at=now, unattempted=True, claimed_at=None)
    await end_claims(unit, claim_ids)


async def find_dead_claims(unit: UnitOfWork, *, owner: UUID) -> list[DeadClaim]:
    """The claims of every other sender that no longer lives; their locks are held until this transaction ends."""
    dead: list[DeadClaim] = []
    for row in await unit.driver.fetch(OTHER_OWNERS, owner):
        if await unit.driver.fetchval(TRY_LOCK, lock_key(row["owner"])):
            claims = await unit.driver.fetch(CLAIMS_OF, row["owner"])
            dead.extend(
                DeadClaim(
                    id=claim["id"],
                    message_ids=tuple(claim["message_ids"]),
                    claimed_at=claim["claimed_at"],
                    line=claim["line"],
                )
                for claim in claims
            )
    return dead


def _message(row: asyncpg.Record) -> ClaimedMessage:
    return ClaimedMessage(
        id=row["id"],
        campaign_id=row["campaign_id"],
        batch=row["batch"],
        sender=row["sender"],
        msisdn=row["msisdn"],
        text=row["text"],
        attempts=row["attempts"],
        parts=row["parts"],
        channel=Channel(row["channel"]),
        message_class=MessageClass(row["message_class"]),
        cell=row["cell"],
        content=row["content"],
        traceparent=row["traceparent"],
        step=row["step"],
        answered=frozenset(row["answered"]) - {ELSEWHERE},
        went_elsewhere=ELSEWHERE in row["answered"],
    )
