"""Reads and writes orders, on the driver since every purchase passes here; it must not decide about states."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.order import Order, OrderSource, OrderState

# What is told of sales is told by the very statement that changes an order, so that no count can miss one.
COUNTED = """
INSERT INTO sale_change (order_id, ordered, active, cancelled)
"""
INSERT = f"""
WITH placed AS (
    INSERT INTO service_order (id, subscriber_id, service, plan, amount_fen, touchpoint, campaign_id, affiliate_id,
                               staff_id, decision_id, outlet, branch, state, placed_at, activated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    RETURNING id, state
)
{COUNTED} SELECT id, 1, (state = 'active')::int, (state = 'cancelled')::int FROM placed
"""  # noqa: S608 -- a constant of this module
SELECT = """
SELECT id, subscriber_id, service, plan, amount_fen, touchpoint, campaign_id, affiliate_id, staff_id, decision_id,
       outlet, branch, state, placed_at, activated_at
FROM service_order
WHERE id = $1 AND ($2 = '' OR branch = $2)
"""
UPDATE = f"""
WITH moved AS (UPDATE service_order SET state = $2, activated_at = $3 WHERE id = $1 RETURNING id, state)
{COUNTED} SELECT id, 0, (state = 'active')::int, (state = 'cancelled')::int FROM moved
"""  # noqa: S608 -- a constant of this module
# To cancelled, as the table of transitions allows for pending ones alone.
CANCEL_OPEN = f"""
WITH cancelled AS (
    UPDATE service_order SET state = 'cancelled'
    WHERE subscriber_id = ANY($1::bigint[]) AND state = 'pending_confirmation'
    RETURNING id
)
{COUNTED} SELECT id, 0, 0, 1 FROM cancelled
"""  # noqa: S608 -- a constant of this module


async def insert_order(unit: UnitOfWork, order: Order) -> None:
    """Writes a new order."""
    source = order.source
    await unit.driver.execute(
        INSERT,
        order.id,
        order.subscriber_id,
        order.service,
        order.plan,
        order.amount_fen,
        source.touchpoint,
        source.campaign_id,
        source.affiliate_id,
        source.staff_id,
        source.decision_id,
        source.outlet,
        order.branch,
        order.state.value,
        order.placed_at,
        order.activated_at,
    )


async def find_order(unit: UnitOfWork, order_id: UUID, *, branch: str) -> Order | None:
    """Gives the order where `branch` may see it: its own, or any for the province (empty)."""
    row = await unit.driver.fetchrow(SELECT, order_id, branch)
    return None if row is None else _to_order(row)


async def lock_order(unit: UnitOfWork, order_id: UUID, *, branch: str) -> Order | None:
    """Gives the order as find_order does and keeps others from changing it until the transaction ends."""
    row = await unit.driver.fetchrow(SELECT + "FOR UPDATE", order_id, branch)
    return None if row is None else _to_order(row)


async def save_state(unit: UnitOfWork, order: Order) -> None:
    """Writes the state and the activation time of an order that was locked before."""
    await unit.driver.execute(UPDATE, order.id, order.state.value, order.activated_at)


async def cancel_open_orders(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> None:
    """Cancels what these subscribers ordered and did not confirm."""
    await unit.driver.execute(CANCEL_OPEN, subscriber_ids)


def _to_order(row: asyncpg.Record) -> Order:
    return Order(
        id=row["id"],
        subscriber_id=row["subscriber_id"],
        service=row["service"],
        plan=row["plan"],
        amount_fen=row["amount_fen"],
        source=OrderSource(
            touchpoint=row["touchpoint"],
            campaign_id=row["campaign_id"],
            affiliate_id=row["affiliate_id"],
            staff_id=row["staff_id"],
            decision_id=row["decision_id"],
            outlet=row["outlet"],
        ),
        branch=row["branch"],
        state=OrderState(row["state"]),
        placed_at=row["placed_at"],
        activated_at=row["activated_at"],
    )
