"""Counts sales by day and month, and reads the counts with what is not in them yet; it must not decide who may see them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.sales import ZONE_NAME, SalesCount, SalesQuestion

# A hall counts what it sells; what was ordered from elsewhere counts for where the subscriber belongs.
BRANCH = "CASE WHEN o.branch <> '' THEN o.branch ELSE coalesce(o.home_branch, '') END"

# Whole months, the days before and after them, and what is in neither yet, in one statement: nothing is seen twice or not at all.
COUNT = f"""
SELECT service, touchpoint, branch,
       sum(ordered)::bigint AS ordered, sum(active)::bigint AS active, sum(cancelled)::bigint AS cancelled
FROM (
    SELECT service, touchpoint, branch, ordered, active, cancelled FROM sale_month WHERE month >= $9 AND month < $10
    UNION ALL
    SELECT service, touchpoint, branch, ordered, active, cancelled FROM sale_day
    WHERE (day >= $1 AND day < $9) OR (day >= $10 AND day <= $2)
    UNION ALL
    SELECT o.service, o.touchpoint, {BRANCH}, c.ordered, c.active, c.cancelled
    FROM sale_change AS c JOIN service_order AS o ON o.id = c.order_id
    WHERE o.placed_at >= $3 AND o.placed_at < $4
) AS sold
WHERE ($5::text[] = '{{}}' OR service = ANY($5)) AND ($6::text[] = '{{}}' OR touchpoint = ANY($6))
  AND ($7::text[] = '{{}}' OR branch = ANY($7))
GROUP BY service, touchpoint, branch ORDER BY service, touchpoint, branch LIMIT $8
"""  # noqa: S608 -- a constant of this module

# What counts for a branch that is not known yet waits. In the order of the key, so that two replicas never wait for
# each other in a ring.
ROLL = f"""
WITH taken AS (
    DELETE FROM sale_change WHERE id IN (
        SELECT c.id FROM sale_change AS c JOIN service_order AS o ON o.id = c.order_id
        WHERE o.branch <> '' OR o.home_branch IS NOT NULL
        ORDER BY c.id LIMIT $1 FOR UPDATE OF c SKIP LOCKED
    )
    RETURNING order_id, ordered, active, cancelled
), summed AS (
    SELECT (o.placed_at AT TIME ZONE '{ZONE_NAME}')::date AS day, o.service, o.touchpoint, {BRANCH} AS branch,
           sum(t.ordered) AS ordered, sum(t.active) AS active, sum(t.cancelled) AS cancelled
    FROM taken AS t JOIN service_order AS o ON o.id = t.order_id GROUP BY 1, 2, 3, 4
), months AS (
    INSERT INTO sale_month AS m (month, service, touchpoint, branch, ordered, active, cancelled)
    SELECT date_trunc('month', day)::date, service, touchpoint, branch, sum(ordered), sum(active), sum(cancelled)
    FROM summed GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (month, service, touchpoint, branch) DO UPDATE SET
        ordered = m.ordered + excluded.ordered, active = m.active + excluded.active,
        cancelled = m.cancelled + excluded.cancelled
), days AS (
    INSERT INTO sale_day AS d (day, service, touchpoint, branch, ordered, active, cancelled)
    SELECT * FROM summed ORDER BY 1, 2, 3, 4
    ON CONFLICT (day, service, touchpoint, branch) DO UPDATE SET
        ordered = d.ordered + excluded.ordered, active = d.active + excluded.active,
        cancelled = d.cancelled + excluded.cancelled
)
SELECT count(*) FROM taken
"""  # noqa: S608 -- a constant of this module

HOMELESS = "SELECT id, subscriber_id FROM service_order WHERE branch = '' AND home_branch IS NULL ORDER BY id LIMIT $1"
KEEP_HOMES = """
UPDATE service_order AS o SET home_branch = h.branch FROM unnest($1::uuid[], $2::text[]) AS h (id, branch)
WHERE o.id = h.id AND o.home_branch IS NULL
"""


async def count_sales(unit: UnitOfWork, question: SalesQuestion, *, limit: int) -> list[SalesCount]:
    """Gives at most so many counts, in the order of service, touch point and branch."""
    rows = await unit.driver.fetch(
        COUNT,
        question.first,
        question.last,
        question.since,
        question.until,
        question.services,
        question.touchpoints,
        question.branches,
        limit,
        *question.whole_months,
    )
    return [SalesCount(**row) for row in rows]


async def roll_changes(unit: UnitOfWork, *, limit: int) -> int:
    """Adds the oldest changes to their days and months; how many those were."""
    return int(await unit.driver.fetchval(ROLL, limit))


async def list_homeless(unit: UnitOfWork, *, limit: int) -> dict[UUID, int]:
    """Gives the oldest orders that no branch took, with their subscribers, as long as their branch was not asked for."""
    return {row["id"]: row["subscriber_id"] for row in await unit.driver.fetch(HOMELESS, limit)}


async def keep_homes(unit: UnitOfWork, orders: Sequence[UUID], branches: Mapping[UUID, str]) -> None:
    """Writes for which branch each order counts, empty where none is known."""
    await unit.driver.execute(KEEP_HOMES, orders, [branches.get(one, "") for one in orders])
