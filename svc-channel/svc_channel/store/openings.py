"""What a service platform is to be told of orders, and how far that is; asks nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.platform import OpeningState, PlatformAnswer

# Beyond this a smallint would overflow, and nothing depends on it any more.
TRIES_LIMIT = 10_000

KEEP = """
INSERT INTO service_opening (order_id, subscriber_id, service, state, changed_at, due_at)
VALUES ($1, $2, $3, 'opening', $4, $4) ON CONFLICT DO NOTHING
"""
# What is open is closed now; what is not known to be open yet is closed once it is.
GIVE_UP = """
UPDATE service_opening SET is_given_up = true, tries = CASE WHEN state = 'open' THEN 0 ELSE tries END,
    due_at = CASE WHEN state = 'open' THEN $2::timestamptz ELSE due_at END, changed_at = $2,
    state = CASE WHEN state = 'open' THEN 'closing' ELSE state END
WHERE order_id = $1 AND NOT is_given_up
"""
# Taken up for the lease: a worker that dies with it leaves it to another after that.
CLAIM = """
UPDATE service_opening SET tries = least(tries + 1, $4), due_at = $2
WHERE order_id IN (
    SELECT order_id FROM service_opening WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING order_id, subscriber_id, service, state, tries
"""
# Only from the state in which it was asked: another worker, whose lease was not over, may have been faster.
SETTLE = """
UPDATE service_opening SET reference = CASE WHEN $4::text <> '' THEN $4 ELSE reference END, reason = $5,
    changed_at = $6::timestamptz,
    state = CASE WHEN $3::text = 'open' AND is_given_up THEN 'closing' ELSE $3 END,
    tries = CASE WHEN $3 = 'open' AND is_given_up THEN 0 ELSE tries END,
    due_at = CASE WHEN $3 = 'open' AND is_given_up THEN $6 END
WHERE order_id = $1 AND state = $2
"""
POSTPONE = "UPDATE service_opening SET due_at = $3, reason = $4 WHERE order_id = $1 AND state = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningTask:
    """An order that the platform is to be asked about; ``tries`` counts how often it was, this time included."""

    order_id: UUID
    subscriber_id: int
    service: str
    state: OpeningState
    tries: int


async def keep_opening(unit: UnitOfWork, order_id: UUID, *, subscriber_id: int, service: str, now: datetime) -> None:
    """An order that was activated, once."""
    await unit.driver.execute(KEEP, order_id, subscriber_id, service, now)


async def give_up_opening(unit: UnitOfWork, order_id: UUID, *, now: datetime) -> None:
    """The subscription of an order ended; one that the platform was never told of stays untold."""
    await unit.driver.execute(GIVE_UP, order_id, now)


async def claim_openings(unit: UnitOfWork, *, now: datetime, lease: timedelta, limit: int) -> list[OpeningTask]:
    """Takes up what is due; nobody else is given it before the lease is over."""
    rows = await unit.driver.fetch(CLAIM, now, now + lease, limit, TRIES_LIMIT)
    return [OpeningTask(**{**row, "state": OpeningState(row["state"])}) for row in rows]


async def settle_opening(
    unit: UnitOfWork, task: OpeningTask, state: OpeningState, answer: PlatformAnswer, *, now: datetime
) -> None:
    """The platform has answered; what was given up meanwhile is closed next."""
    await unit.driver.execute(
        SETTLE, task.order_id, task.state.value, state.value, answer.reference, answer.reason, now
    )


async def postpone_opening(unit: UnitOfWork, task: OpeningTask, *, until: datetime, reason: str) -> None:
    """It is asked again later, with what stands in its way."""
    await unit.driver.execute(POSTPONE, task.order_id, task.state.value, until, reason)
