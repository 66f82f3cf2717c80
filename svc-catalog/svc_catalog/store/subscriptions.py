"""Reads and writes subscriptions; it must not decide who may end one."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.subscription import Subscription

BEGIN = """
INSERT INTO subscription (order_id, subscriber_id, service, since)
VALUES ($1, $2, $3, $4)
ON CONFLICT (subscriber_id, service) WHERE ended_at IS NULL DO NOTHING
"""
# Two machines may disagree about the time; a subscription still cannot end before it began.
END = """
UPDATE subscription SET ended_at = greatest($3, since)
WHERE subscriber_id = $1 AND service = $2 AND ended_at IS NULL
RETURNING order_id, subscriber_id, service, since
"""
# In the order of the key, so that the facts of one end are told in one order, whoever runs it.
END_ALL = """
WITH ended AS (
    UPDATE subscription SET ended_at = greatest($2, since)
    WHERE subscriber_id = ANY($1::bigint[]) AND ended_at IS NULL
    RETURNING order_id, subscriber_id, service, since
)
SELECT order_id, subscriber_id, service, since FROM ended ORDER BY subscriber_id, service
"""
LIST = """
SELECT order_id, subscriber_id, service, since
FROM subscription
WHERE subscriber_id = $1 AND ended_at IS NULL
ORDER BY since, service
"""


async def begin_subscription(unit: UnitOfWork, subscription: Subscription) -> None:
    """Writes the subscription; changes nothing where the subscriber has the service already."""
    await unit.driver.execute(
        BEGIN, subscription.order_id, subscription.subscriber_id, subscription.service, subscription.since
    )


async def end_subscription(unit: UnitOfWork, *, subscriber_id: int, service: str, at: datetime) -> Subscription | None:
    """Ends the running subscription and gives it back; None where there is none."""
    row = await unit.driver.fetchrow(END, subscriber_id, service, at)
    return None if row is None else _to_subscription(row)


async def end_subscriptions(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> list[Subscription]:
    """Ends all that these subscribers have and gives it back."""
    return [_to_subscription(row) for row in await unit.driver.fetch(END_ALL, subscriber_ids, at)]


async def list_subscriptions(unit: UnitOfWork, subscriber_id: int) -> list[Subscription]:
    """Gives the running subscriptions, the oldest first: at most one a service of the catalogue."""
    return [_to_subscription(row) for row in await unit.driver.fetch(LIST, subscriber_id)]


def _to_subscription(row: asyncpg.Record) -> Subscription:
    return Subscription(
        subscriber_id=row["subscriber_id"],
        service=row["service"],
        order_id=row["order_id"],
        since=row["since"],
    )
