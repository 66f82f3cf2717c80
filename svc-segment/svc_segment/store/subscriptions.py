"""Keeps who has which service, as svc-catalog tells it; it must not say what a service is."""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.store.integer_copy import read_ids

BEGIN = """
INSERT INTO subscription (service, subscriber_id, order_id, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
# A subscriber has a service once at svc-catalog, however many orders for it there were: its end ends all of them.
END = "DELETE FROM subscription WHERE service = $1 AND subscriber_id = $2"
OWNERS = "SELECT subscriber_id FROM subscription WHERE service = $1"
OWNED = "SELECT DISTINCT service FROM subscription WHERE subscriber_id = $1"


async def begin_subscription(
    unit: UnitOfWork, *, service: str, subscriber_id: int, order_id: str, at: datetime
) -> None:
    """A subscriber has a service; hearing of it again changes nothing."""
    await unit.driver.execute(BEGIN, service, subscriber_id, order_id, at)


async def end_subscription(unit: UnitOfWork, *, service: str, subscriber_id: int) -> None:
    """A subscriber has a service no longer, whichever order began it."""
    await unit.driver.execute(END, service, subscriber_id)


async def read_owners(unit: UnitOfWork, services: Collection[str]) -> Mapping[str, BitMap]:
    """By service, who has it; read as binary COPY, no object a subscriber."""
    return {service: await _owners(unit, service) for service in services}


async def owned_services(unit: UnitOfWork, subscriber_id: int) -> frozenset[str]:
    """The services that one subscriber has."""
    return frozenset(row[0] for row in await unit.driver.fetch(OWNED, subscriber_id))


async def _owners(unit: UnitOfWork, service: str) -> BitMap:
    return BitMap(np.sort(await read_ids(unit, OWNERS, service)))
