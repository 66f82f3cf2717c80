"""Sends the SMS that are owed to callers who hung up (CHN-10), as replies, once a session."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.app.numbers import Numbers
from svc_channel.domain.hotline import HOTLINE
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.hotline import list_owed, settle_owed
from svc_channel.store.singles import Single, book_singles

# One look-up and one transaction of this size stay well under a tenth of a second.
ROWS = 500


async def send_after_calls(database: Database, numbers: Numbers, *, clock: Clock) -> int:
    """Books what is owed and answers how many there were; a number of nobody gets nothing.

    Raises Unavailable while svc-segment or the database is away; nothing is lost, they wait.
    """
    async with database.read() as unit:
        owed = await list_owed(unit, limit=ROWS)
    if not owed:
        return 0
    subscribers = await numbers.resolve(sorted({one.msisdn for one in owed}))
    async with database.unit_of_work() as unit:
        mine = await settle_owed(unit, [one.session_id for one in owed])
        singles = [
            Single(
                subscriber_id=subscribers[one.msisdn],
                msisdn=one.msisdn,
                sender=HOTLINE,
                text=one.text,
                parts=count_segments(one.text),
            )
            for one in owed
            if one.session_id in mine and one.msisdn in subscribers
        ]
        await book_singles(unit, singles, now=clock.now())
    return len(owed)
