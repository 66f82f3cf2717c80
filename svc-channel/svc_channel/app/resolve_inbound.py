"""Finds out which subscribers wrote to us and what, does what their words ask, and tells it; keeps what nobody known wrote."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.app.facts import tell_inbound
from svc_channel.app.heed_keywords import heed_keywords
from svc_channel.app.numbers import Numbers
from svc_channel.app.open_exchanges import open_exchanges
from svc_channel.domain.keywords import Action, Keywords
from svc_channel.domain.number import is_e164
from svc_channel.domain.texting.desks import TextDesks
from svc_channel.store.heard_opt_outs import forget_heard
from svc_channel.store.inbound import fetch_unresolved, resolve
from svc_channel.store.keywords import fetch_keywords
from svc_channel.store.text_desks import list_desks

# One look-up and one fact of this size stay well under a tenth of a second.
INBOUND_ROWS = 2_000


async def resolve_inbound(database: Database, numbers: Numbers, *, clock: Clock) -> int:
    """Resolves the oldest inbound messages and answers how many there were.

    Raises Unavailable while svc-segment or the database is away; nothing is lost, the messages wait.
    """
    async with database.read() as unit:
        messages = await fetch_unresolved(unit, limit=INBOUND_ROWS)
        if not messages:
            return 0
        words = Keywords(kept.keyword for kept in await fetch_keywords(unit))
        desks = TextDesks(await list_desks(unit))
    found = {one.id: word for one in messages if (word := words.find(one.text, recipient=one.recipient))}
    senders = sorted({message.sender for message in messages if is_e164(message.sender)})
    subscribers = await numbers.resolve(senders) if senders else {}
    async with database.unit_of_work() as unit:
        now = clock.now()
        resolved = await resolve(unit, messages, subscribers, {one: word.name for one, word in found.items()})
        opt_outs = {one for one, word in found.items() if word.action is Action.OPT_OUT}
        await tell_inbound(unit, resolved, opt_outs=opt_outs, now=now)
        await open_exchanges(unit, resolved, desks)
        await heed_keywords(unit, resolved, found, now=now)
        await forget_heard(unit, messages)
    return len(messages)
