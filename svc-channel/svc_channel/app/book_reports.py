"""Books what a peer told us by a request of its own; answers nobody."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.messages import EndedMessage


async def book_reports(database: Database, flush: Flush, *, clock: Clock) -> list[EndedMessage]:
    """Books receipts and inbound messages; answers the messages that ended. Booking them twice changes nothing more.

    Raises Unavailable when the database is away or another booking is in the way: the peer is to tell it again.
    """
    try:
        async with database.unit_of_work() as unit:
            return await record_flush(unit, flush, now=clock.now())
    except CONFLICTS as error:
        raise Unavailable(reason="REPORT_LATER", detail="another booking was in the way; send it again") from error
