"""Orphan receipts that are looked at once more: fresh ones, and late ones of what is kept; decides nothing."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.doubt import Orphan
from svc_channel.domain.message import PartState
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.smpp.message_ids import alternative_ids
from svc_channel.store.partitions import fetch_ended_lately, look_at_few

FRESH = """
SELECT smsc_id, msisdn, state::text FROM orphan_receipt WHERE received_at BETWEEN $1 AND $2
ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""

FORGET = """
DELETE FROM orphan_receipt o USING unnest($1::text[], $2::text[]) AS f (smsc_id, msisdn)
WHERE o.smsc_id = f.smsc_id AND o.msisdn = f.msisdn
"""

# By the subscriber in doubt at the number, among whose kept messages one was accepted under this id.
OF_KEPT = """
SELECT DISTINCT o.place FROM unnest($1::int[], $2::text[], $3::text[]) AS o (place, msisdn, smsc_id)
JOIN doubt d ON d.msisdn = o.msisdn
JOIN message m ON m.id = d.message_id
JOIN kept_message k ON k.subscriber_id = m.subscriber_id
WHERE k.campaign_id = ANY($4::uuid[]) AND hashtext(o.smsc_id) = ANY(k.smsc_ids)
"""


async def fetch_fresh_orphans(unit: UnitOfWork, *, since: datetime, until: datetime, limit: int) -> list[PartReceipt]:
    """Receipts of unknown ids that came between two moments, oldest first; locked until the transaction ends."""
    rows = await unit.driver.fetch(FRESH, since, until, limit)
    return [PartReceipt(smsc_id=row["smsc_id"], msisdn=row["msisdn"], state=PartState(row["state"])) for row in rows]


async def forget_orphans(unit: UnitOfWork, receipts: Sequence[PartReceipt]) -> None:
    """Removes orphans that found their part."""
    if receipts:
        await unit.driver.execute(FORGET, [one.smsc_id for one in receipts], [one.msisdn for one in receipts])


async def find_late(unit: UnitOfWork, orphans: Sequence[Orphan], *, since: datetime) -> set[Orphan]:
    """Of receipts from numbers in doubt those of messages that ended and are kept, in campaigns that went on ``since``."""
    spelled = [
        (place, one.msisdn, spelling)
        for place, one in enumerate(orphans)
        for spelling in (one.smsc_id, *alternative_ids(one.smsc_id))
    ]
    if not spelled:
        return set()
    await look_at_few(unit)
    places, msisdns, smsc_ids = zip(*spelled, strict=True)
    rows = await unit.driver.fetch(OF_KEPT, places, msisdns, smsc_ids, await fetch_ended_lately(unit, since=since))
    return {orphans[row["place"]] for row in rows}
