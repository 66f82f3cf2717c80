"""Keeps who used which service from when to when, and which events came first; it must not judge what that means."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.referral import Usage

# The end may have come before; else the order is a new subscription, unless one of the service runs already.
START = """
WITH known AS (
    UPDATE service_use SET started_at = $4 WHERE order_id = $1 AND started_at IS NULL RETURNING true
)
INSERT INTO service_use (order_id, subscriber_id, service, started_at)
SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM known)
ON CONFLICT DO NOTHING
"""
END = """
INSERT INTO service_use (order_id, subscriber_id, service, ended_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET ended_at = LEAST(service_use.ended_at, excluded.ended_at)
"""
# In the order of the key, so that two callers with the same people wait for each other and never in a ring.
FIRST = """
INSERT INTO first_event (subscriber_id, type, first_at)
SELECT subscriber_id, type, min(at) FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
    AS new (subscriber_id, type, at)
GROUP BY subscriber_id, type ORDER BY subscriber_id, type
ON CONFLICT (subscriber_id, type) DO UPDATE SET first_at = excluded.first_at
    WHERE first_event.first_at > excluded.first_at
"""
SERVICES = """
SELECT subscriber_id, service, min(COALESCE(started_at, ended_at)) AS first_at FROM service_use
WHERE service = ANY($1::text[]) AND subscriber_id = ANY($2::bigint[]) GROUP BY subscriber_id, service
"""
EVENTS = "SELECT subscriber_id, type, first_at FROM first_event WHERE subscriber_id = ANY($1::bigint[])"


async def start_use(unit: UnitOfWork, *, order_id: str, subscriber_id: int, service: str, at: datetime) -> None:
    """A subscription has begun; the same order again changes nothing."""
    await unit.driver.execute(START, order_id, subscriber_id, service, at)


async def end_use(unit: UnitOfWork, *, order_id: str, subscriber_id: int, service: str, at: datetime) -> None:
    """A subscription has ended, whether its beginning is known or not."""
    await unit.driver.execute(END, order_id, subscriber_id, service, at)


async def keep_first_events(unit: UnitOfWork, events: Sequence[tuple[int, str, datetime]]) -> None:
    """Keeps (subscriber, type, moment) of those that are earlier than what is kept."""
    subscribers, types, moments = zip(*events, strict=True)
    await unit.driver.execute(FIRST, subscribers, types, moments)


async def read_usage(unit: UnitOfWork, subscriber_ids: Sequence[int], services: Sequence[str]) -> dict[int, Usage]:
    """What is known of each of the subscribers, of those services and of all events that are kept."""
    uses: dict[int, dict[str, datetime]] = {subscriber_id: {} for subscriber_id in subscriber_ids}
    events: dict[int, dict[str, datetime]] = {subscriber_id: {} for subscriber_id in subscriber_ids}
    for subscriber_id, service, at in await unit.driver.fetch(SERVICES, list(services), list(subscriber_ids)):
        uses[subscriber_id][service] = at
    for subscriber_id, kind, at in await unit.driver.fetch(EVENTS, list(subscriber_ids)):
        events[subscriber_id][kind] = at
    return {number: Usage(services=uses[number], events=events[number]) for number in subscriber_ids}
