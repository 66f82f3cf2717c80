"""Keeps recharges on their way and gives out those that are due; it must not ask anybody."""

from datetime import datetime, timedelta
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.fulfilment import Fulfilment
from svc_reward.domain.recharge import RechargeTask

ADD = """
INSERT INTO recharge_order (fulfilment, attempt, tries, due_at, problem) VALUES ($1, $2, 0, $3, '')
"""
# Taken up for the lease: a worker that dies with it leaves it to another after that.
CLAIM = """
WITH due AS (
    SELECT fulfilment, attempt FROM recharge_order WHERE ended_at IS NULL AND due_at <= $1
    ORDER BY due_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE recharge_order SET tries = tries + 1, due_at = $2 FROM due JOIN fulfilment ON fulfilment.id = due.fulfilment
WHERE recharge_order.fulfilment = due.fulfilment AND recharge_order.attempt = due.attempt
RETURNING recharge_order.fulfilment, recharge_order.attempt, recharge_order.tries, fulfilment.subscriber_id,
          fulfilment.amount_fen
"""
POSTPONE = """
UPDATE recharge_order SET due_at = $3, problem = $4 WHERE fulfilment = $1 AND attempt = $2 AND ended_at IS NULL
"""
END = (
    "UPDATE recharge_order SET ended_at = $3, problem = '' WHERE fulfilment = $1 AND attempt = $2 AND ended_at IS NULL"
)
PROBLEM = "SELECT problem FROM recharge_order WHERE fulfilment = $1 AND ended_at IS NULL"


async def add_order(unit: UnitOfWork, item: Fulfilment) -> None:
    """A recharge that may be taken up at once."""
    await unit.driver.execute(ADD, item.id, item.attempt, item.changed_at)


async def claim_orders(unit: UnitOfWork, *, now: datetime, lease: timedelta, limit: int) -> list[RechargeTask]:
    """Takes up what is due; nobody else is given it before the lease is over."""
    rows = await unit.driver.fetch(CLAIM, now, now + lease, limit)
    return [
        RechargeTask(
            item_id=UUID(str(row["fulfilment"])),
            attempt=row["attempt"],
            subscriber_id=row["subscriber_id"],
            amount_fen=row["amount_fen"],
            tries=row["tries"],
        )
        for row in rows
    ]


async def postpone_order(unit: UnitOfWork, task: RechargeTask, *, until: datetime, problem: str) -> None:
    """Leaves it for later, with what stands in its way."""
    await unit.driver.execute(POSTPONE, task.item_id, task.attempt, until, problem)


async def end_order(unit: UnitOfWork, item: Fulfilment, *, at: datetime) -> None:
    """Nobody takes it up any more."""
    await unit.driver.execute(END, item.id, item.attempt, at)


async def find_problem(unit: UnitOfWork, item: Fulfilment) -> str:
    """What stands in the way of an item's recharge; empty while nothing does."""
    return str(await unit.driver.fetchval(PROBLEM, item.id) or "")
