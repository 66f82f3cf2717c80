"""Keeps what subscribers did and counts it; it must not know what earns what."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.activity import Activity, Deed
from svc_reward.domain.grant_period import Span
from svc_reward.domain.grant_rule import GrantRule, Payee

# In the order of their sources, so that two who add the same wait for each other and never in a ring.
ADD = """
INSERT INTO reward_activity (source, kind, subscriber_id, type, service, amount_fen, quantity, order_id, staff_id,
    seller_id, occurred_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
    $8::text[], $9::text[], $10::text[], $11::timestamptz[]) AS new (source)
ORDER BY new.source
ON CONFLICT (source) DO NOTHING RETURNING source
"""
# Whose deeds are counted is whose reward it is.
OF_WHOM = {
    Payee.SUBSCRIBER: "subscriber_id = $1::text::bigint",
    Payee.STAFF: "staff_id = $1 AND staff_id <> ''",
    Payee.SELLER: "seller_id = $1 AND seller_id <> ''",
}
DEEDS = """
SELECT occurred_at, service, quantity FROM reward_activity AS deed
WHERE {of_whom} AND kind = $2 AND (type = ANY($3::text[]) OR cardinality($3::text[]) = 0)
    AND (service = ANY($4::text[]) OR cardinality($4::text[]) = 0)
    AND occurred_at >= $5 AND occurred_at < $6
    AND NOT EXISTS (
        SELECT FROM order_end
        WHERE order_end.order_id = deed.order_id AND order_end.ended_at < deed.occurred_at + make_interval(days => $7))
"""
END_ORDER = """
INSERT INTO order_end (order_id, ended_at) VALUES ($1, $2)
ON CONFLICT (order_id) DO UPDATE SET ended_at = least(order_end.ended_at, excluded.ended_at)
RETURNING ended_at
"""
ORDER_ENDS = "SELECT order_id, ended_at FROM order_end WHERE order_id = ANY($1::text[])"


async def add_activities(unit: UnitOfWork, activities: Sequence[Activity]) -> set[str]:
    """Keeps those that do not stand; answers their sources."""
    rows = await unit.driver.fetch(
        ADD,
        [one.source for one in activities],
        [str(one.kind) for one in activities],
        [one.subscriber_id for one in activities],
        [one.type for one in activities],
        [one.service for one in activities],
        [one.amount_fen for one in activities],
        [one.quantity for one in activities],
        [one.order_id for one in activities],
        [one.staff_id for one in activities],
        [one.seller_id for one in activities],
        [one.at for one in activities],
    )
    return {row["source"] for row in rows}


async def list_deeds(unit: UnitOfWork, rule: GrantRule, whose: str, span: Span) -> list[Deed]:
    """What a rule counts of one owner's deeds within the span, in no order; an order that it takes back is none."""
    terms = rule.terms
    rows = await unit.driver.fetch(
        DEEDS.format(of_whom=OF_WHOM[terms.payee]),
        whose,
        str(terms.trigger),
        list(rule.types),
        list(terms.services),
        *span,
        terms.claw_back_days,
    )
    return [Deed(at=row["occurred_at"], service=row["service"], quantity=row["quantity"]) for row in rows]


async def keep_order_end(unit: UnitOfWork, order_id: str, at: datetime) -> datetime:
    """When the order ended: the earliest word of it counts, in whatever order words come."""
    ended: datetime = await unit.driver.fetchval(END_ORDER, order_id, at)
    return ended


async def find_order_ends(unit: UnitOfWork, activities: Sequence[Activity]) -> dict[str, datetime]:
    """When the orders among them ended, as far as that was told, by order."""
    orders = [one.order_id for one in activities if one.order_id]
    if not orders:
        return {}
    return {row["order_id"]: row["ended_at"] for row in await unit.driver.fetch(ORDER_ENDS, orders)}
