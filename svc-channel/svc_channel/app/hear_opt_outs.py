"""Blocks the numbers that opt out in the transaction that keeps their words; looks up nobody and answers nobody.

Whose number it is says svc-segment, which may be slow or away. An opt-out does not wait for that: before its word is
acknowledged to the network, no marketing is claimed for the number. The ledger and the answer follow.
"""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.inbound import Inbound
from svc_channel.domain.keywords import Action, Keywords
from svc_channel.store.heard_opt_outs import book_heard
from svc_channel.store.keywords import fetch_keywords, fetch_opting_keywords


async def hear_opt_outs(unit: UnitOfWork, messages: Sequence[Inbound]) -> None:
    """Of several words from one number the last counts. Call it last: while it is open nobody claims."""
    if not messages:
        return
    # The operator may have any number of words, and few people opt out: these few words are asked first.
    opting = Keywords(kept.keyword for kept in await fetch_opting_keywords(unit))
    messages = [one for one in messages if opting.find(one.text, recipient=one.recipient) is not None]
    if not messages:
        return
    words = Keywords(kept.keyword for kept in await fetch_keywords(unit))
    opted_out: dict[str, UUID] = {}
    opted_in: set[str] = set()
    for message in messages:
        word = words.find(message.text, recipient=message.recipient)
        if word is not None and word.action is Action.OPT_OUT:
            opted_out[message.sender] = message.id
            opted_in.discard(message.sender)
        elif word is not None and word.action is Action.OPT_IN:
            opted_out.pop(message.sender, None)
            opted_in.add(message.sender)
    if opted_out or opted_in:
        await book_heard(unit, opted_out, opted_in)
