"""Leaves word that an order was refunded, so that its grants are taken back in a transaction of their own.

It must not touch a grant here: commission holds ledger accounts by then, and grants have to lock theirs in order.
"""

import json
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.jobs import enqueue

TAKE_BACK_JOB = "take_back_grants"


async def refund_grants(unit: UnitOfWork, order_id: str, *, at: datetime) -> None:
    """The job comes once the refund stands."""
    await enqueue(unit, TAKE_BACK_JOB, json.dumps([order_id, at.isoformat()]).encode())


def parse_refund(payload: bytes) -> tuple[str, datetime]:
    """The order and when it was refunded."""
    order_id, at = json.loads(payload)
    return order_id, datetime.fromisoformat(at)
