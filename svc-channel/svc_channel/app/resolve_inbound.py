"""Finds out which subscribers wrote to us and tells it; keeps what nobody known wrote."""

import re

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.app.facts import tell_inbound
from svc_channel.app.numbers import Numbers
from svc_channel.store.inbound import fetch_unresolved, resolve

# One look-up and one fact of this size stay well under a tenth of a second.
INBOUND_ROWS = 2_000

# What svc-segment takes as a number; a sender in any other form is nobody's.
E164 = re.compile(r"\+[1-9][0-9]{5,14}")


async def resolve_inbound(database: Database, numbers: Numbers, *, clock: Clock) -> int:
    """Resolves the oldest inbound messages and answers how many there were.

    Raises Unavailable while svc-segment or the database is away; nothing is lost, the messages wait.
    """
    async with database.read() as unit:
        messages = await fetch_unresolved(unit, limit=INBOUND_ROWS)
    if not messages:
        return 0
    senders = sorted({message.sender for message in messages if E164.fullmatch(message.sender)})
    subscribers = await numbers.resolve(senders) if senders else {}
    async with database.unit_of_work() as unit:
        resolved = await resolve(unit, messages, subscribers)
        await tell_inbound(unit, resolved, now=clock.now())
    return len(messages)
