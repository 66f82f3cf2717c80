"""Orders that customers are asked about by SMS, and what they said; asks nobody and confirms nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.confirmation import EndReason

KEEP = """
INSERT INTO order_confirmation (order_id, subscriber_id, service, placed_at, state, due_at)
VALUES ($1, $2, $3, $4, 'waiting', $5) ON CONFLICT DO NOTHING
"""
LIST_DUE = """
SELECT order_id, subscriber_id, service, placed_at, asked_at, answered_at FROM order_confirmation
WHERE due_at <= $1 AND state = $2 ORDER BY due_at LIMIT $3
"""
# What another replica asked or ended meanwhile does not come back.
ASK = """
UPDATE order_confirmation SET state = 'asked', due_at = NULL, asked_at = $2
WHERE order_id = ANY ($1::uuid[]) AND state = 'waiting' RETURNING order_id
"""
END = """
UPDATE order_confirmation c SET state = 'ended', due_at = NULL, reason = e.reason
FROM unnest($1::uuid[], $2::text[]) AS e (order_id, reason)
WHERE c.order_id = e.order_id AND c.state IN ('waiting', 'answered') RETURNING c.order_id
"""
# A yes means the question that was asked last; the same yes told again finds none. To others nobody said anything, and
# a second yes must not buy what the first was not about.
ANSWER = """
WITH said AS (
    SELECT DISTINCT ON (c.subscriber_id) c.order_id, c.subscriber_id, y.at
    FROM order_confirmation c JOIN unnest($1::bigint[], $2::timestamptz[]) AS y (subscriber_id, at)
        ON y.subscriber_id = c.subscriber_id AND c.asked_at <= y.at
    WHERE c.state = 'asked' ORDER BY c.subscriber_id, c.asked_at DESC, c.order_id DESC, y.at
), others AS (
    UPDATE order_confirmation c SET state = 'ended', reason = $4 FROM said s
    WHERE c.subscriber_id = s.subscriber_id AND c.state = 'asked' AND c.order_id <> s.order_id
)
UPDATE order_confirmation c SET state = 'answered', answered_at = s.at, due_at = $3 FROM said s
WHERE c.order_id = s.order_id AND c.state = 'asked'
"""
FORGET = "DELETE FROM order_confirmation WHERE state IN ('asked', 'ended') AND placed_at < $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One order and how far its asking is."""

    order_id: UUID
    subscriber_id: int
    service: str
    placed_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None


async def keep_order(
    unit: UnitOfWork, order_id: UUID, *, subscriber_id: int, service: str, placed_at: datetime, due_at: datetime
) -> None:
    """An order that waits for its customer, once."""
    await unit.driver.execute(KEEP, order_id, subscriber_id, service, placed_at, due_at)


async def list_due(unit: UnitOfWork, *, state: str, now: datetime, limit: int) -> list[Confirmation]:
    """Those of a state that are due."""
    return [Confirmation(**row) for row in await unit.driver.fetch(LIST_DUE, now, state, limit)]


async def mark_asked(unit: UnitOfWork, order_ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Marks them as asked; who comes back is the caller's to ask."""
    return {row["order_id"] for row in await unit.driver.fetch(ASK, order_ids, now)}


async def end_confirmations(unit: UnitOfWork, reasons: Mapping[UUID, EndReason]) -> set[UUID]:
    """Ends them, each for its reason; those that were ended by somebody else do not come back."""
    rows = await unit.driver.fetch(END, list(reasons), [reason.value for reason in reasons.values()])
    return {row["order_id"] for row in rows}


async def answer_questions(unit: UnitOfWork, yeses: Sequence[tuple[int, datetime]], *, now: datetime) -> None:
    """Books what (subscriber, when) said yes to."""
    if yeses:
        columns = [one for one, _ in yeses], [at for _, at in yeses]
        await unit.driver.execute(ANSWER, *columns, now, EndReason.SUPERSEDED.value)


async def forget_confirmations(unit: UnitOfWork, *, before: datetime) -> None:
    """Drops what nobody can answer any more."""
    await unit.driver.execute(FORGET, before)
