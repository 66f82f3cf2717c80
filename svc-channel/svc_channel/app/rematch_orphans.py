"""Gives fresh orphan receipts a second chance to find their part; proves no doubt, that is settle_doubts.

One account bound by two lines may get the answer on one and the receipt on the other. Booked in the same moment,
neither transaction sees the other's row.
"""

from datetime import datetime, timedelta

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_channel.app.facts import tell_ended
from svc_channel.store.messages import settle_messages
from svc_channel.store.orphans import fetch_fresh_orphans, forget_orphans
from svc_channel.store.parts import match_receipts

# Two transactions that missed each other have both ended by then.
REST = timedelta(seconds=1)
# Every orphan is looked at a few times; after that it is a matter of doubts, or of nobody.
FRESH_FOR = timedelta(seconds=30)
ORPHANS_A_TURN = 1_000


async def rematch_orphans(unit: UnitOfWork, *, now: datetime) -> int:
    """Ends the parts that orphans turn out to belong to, and answers how many orphans found one."""
    await prefer_indexes(unit)
    orphans = await fetch_fresh_orphans(unit, since=now - FRESH_FOR, until=now - REST, limit=ORPHANS_A_TURN)
    if not orphans:
        return 0
    unmatched, message_ids = await match_receipts(unit, orphans)
    left = set(unmatched)
    found = [orphan for orphan in orphans if orphan not in left]
    await forget_orphans(unit, found)
    await tell_ended(unit, await settle_messages(unit, message_ids, now=now), now=now)
    return len(found)
