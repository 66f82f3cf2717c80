"""Keeps one event of an app store, once, and ends the message that it is about; tells svc-segment nothing itself."""

import hashlib

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Conflict, Unavailable
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush
from svc_channel.domain.market.events import MarketEvent
from svc_channel.domain.receipt import PartReceipt
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.market_events import add_event


async def keep_market_event(
    database: Database, line: str, key: str, event: MarketEvent, body: bytes, *, clock: Clock
) -> bool:
    """Books the event under its line and key; False, and nothing changed, when it stands there.

    Raises Conflict (MARKET_KEY_CONFLICT) when the key was used for other octets, Unavailable when the database is away.
    """
    digest = hashlib.sha256(body).digest()
    try:
        async with database.unit_of_work() as unit:
            known = await add_event(unit, line, key, event, content_hash=digest, now=clock.now())
            if known is None and event.state is not None:
                receipt = PartReceipt(smsc_id=event.job, msisdn=event.msisdn, state=event.state)
                await record_flush(unit, Flush(receipts=[receipt]), now=clock.now())
    except CONFLICTS as error:
        raise Unavailable(reason="REPORT_LATER", detail="another booking was in the way; send it again") from error
    if known is not None and known != digest:
        raise Conflict(
            reason="MARKET_KEY_CONFLICT",
            field="idempotency-key",
            detail="the key was used for another event; give each event a key of its own",
        )
    return known is None
