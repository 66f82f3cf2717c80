"""Looks at fresh orphan receipts once more; matches nothing by itself and decides nothing."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import PartState
from svc_channel.domain.receipt import PartReceipt

FRESH = """
SELECT smsc_id, msisdn, state::text FROM orphan_receipt WHERE received_at BETWEEN $1 AND $2
ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""

FORGET = """
DELETE FROM orphan_receipt o USING unnest($1::text[], $2::text[]) AS f (smsc_id, msisdn)
WHERE o.smsc_id = f.smsc_id AND o.msisdn = f.msisdn
"""


async def fetch_fresh_orphans(unit: UnitOfWork, *, since: datetime, until: datetime, limit: int) -> list[PartReceipt]:
    """Receipts of unknown ids that came between two moments, oldest first; locked until the transaction ends."""
    rows = await unit.driver.fetch(FRESH, since, until, limit)
    return [PartReceipt(smsc_id=row["smsc_id"], msisdn=row["msisdn"], state=PartState(row["state"])) for row in rows]


async def forget_orphans(unit: UnitOfWork, receipts: Sequence[PartReceipt]) -> None:
    """Removes orphans that found their part."""
    if receipts:
        await unit.driver.execute(FORGET, [one.smsc_id for one in receipts], [one.msisdn for one in receipts])
