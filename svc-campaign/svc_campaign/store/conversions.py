"""Conversions booked by sets: each order counts once in each campaign it belongs to; grants no reward itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork

BOOK = """
WITH hit AS (
    SELECT told.order_id, campaign.id AS campaign_id, told.subscriber_id, told.amount_fen, told.at
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[])
        AS told (order_id, subscriber_id, service, amount_fen, at)
    JOIN campaign ON told.service = ANY (campaign.conversion_services)
        AND campaign.launched_at <= told.at AND told.at < campaign.window_ends_at
    JOIN member ON member.campaign_id = campaign.id AND member.subscriber_id = told.subscriber_id
    WHERE NOT EXISTS (
        SELECT FROM ended_life WHERE ended_life.subscriber_id = told.subscriber_id AND ended_life.ended_at <= told.at
    )
),
fresh AS (
    INSERT INTO booked_order (order_id, campaign_id, subscriber_id, amount_fen, activated_at)
    SELECT order_id, campaign_id, subscriber_id, amount_fen, at FROM hit
    ON CONFLICT DO NOTHING
    RETURNING order_id, campaign_id, subscriber_id, amount_fen, activated_at
),
due AS (
    SELECT campaign_id, subscriber_id, sum(amount_fen)::bigint AS amount_fen, min(activated_at) AS at,
           (array_agg(order_id ORDER BY activated_at, order_id))[1] AS order_id
    FROM fresh GROUP BY campaign_id, subscriber_id
),
-- Clicks write members without taking a turn, so the state before is read from the locked row.
before AS (
    SELECT due.*, member.converted_at IS NULL AS first
    FROM due JOIN member ON member.campaign_id = due.campaign_id AND member.subscriber_id = due.subscriber_id
    ORDER BY member.campaign_id, member.subscriber_id
    FOR UPDATE OF member
)
UPDATE member
SET revenue_fen = member.revenue_fen + before.amount_fen, converted_at = least(member.converted_at, before.at)
FROM before JOIN campaign ON campaign.id = before.campaign_id
WHERE member.campaign_id = before.campaign_id AND member.subscriber_id = before.subscriber_id
RETURNING member.campaign_id, member.subscriber_id, member.contacted, before.order_id, before.at, before.first,
          campaign.reward_currency, campaign.reward_points
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatedOrder:
    """An order that svc-catalog activated; what the subscriber spent in fen."""

    order_id: str
    subscriber_id: int
    service: str
    amount_fen: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A member's first conversion in a campaign; `points` is None where nothing is to be granted."""

    campaign_id: UUID
    subscriber_id: int
    order_id: str
    at: datetime
    currency: str
    points: int | None


async def book_orders(unit: UnitOfWork, orders: Sequence[ActivatedOrder]) -> list[Conversion]:
    """Books orders of members inside the window; answers the members' first conversions, told once whatever is replayed."""
    columns = (
        [order.order_id for order in orders],
        [order.subscriber_id for order in orders],
        [order.service for order in orders],
        [order.amount_fen for order in orders],
        [order.at for order in orders],
    )
    rows = await unit.driver.fetch(BOOK, *columns)
    return [
        Conversion(
            campaign_id=row["campaign_id"],
            subscriber_id=row["subscriber_id"],
            order_id=row["order_id"],
            at=row["at"],
            currency=row["reward_currency"] or "",
            points=row["reward_points"] if row["contacted"] else None,
        )
        for row in rows
        if row["first"]
    ]
