"""Plans the rows of a batch: what goes to whom by which way, and what can't go; asks once a batch and books nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import repeat

from carillon_chassis.errors import InvalidInput
from svc_channel.app.check_resources import RESOURCE_UNKNOWN, named_resource
from svc_channel.app.handsets import Handsets
from svc_channel.domain.channel import Channel
from svc_channel.domain.fallback import INCAPABLE, Alternative, first_fit, write_fallback
from svc_channel.domain.forbidden_words import FORBIDDEN, ForbiddenWords
from svc_channel.domain.handset import UNKNOWN_HANDSET, Handset
from svc_channel.domain.mms.content import address_content
from svc_channel.domain.outgoing import NO_NUMBER, OutgoingBatch, Plan
from svc_channel.domain.parts import count_parts, failure_of
from svc_channel.domain.routes import Routes

# Counting parts costs some 10 us a text; the sender shares this event loop and should not wait longer than this takes.
ROWS_A_TURN = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKnowledge:
    """What a batch is planned with: numbers and handsets by subscriber, the operator's words, resources there are not."""

    msisdns: Mapping[int, str]
    handsets: Mapping[int, Handset]
    words: ForbiddenWords
    missing: frozenset[str]
    routes: Routes


async def ask_handsets(handsets: Handsets, batch: OutgoingBatch) -> Mapping[int, Handset]:
    """The handsets that the batch depends on: of who gets pictures, and of whoever may get something plainer instead."""
    depends = batch.channel is Channel.MMS or (batch.channel is Channel.WAP_PUSH and any(batch.fallbacks))
    return await handsets.describe(batch.subscriber_ids) if depends else {}


async def plan_batch(batch: OutgoingBatch, known: BatchKnowledge) -> list[Plan]:
    """One plan a row, in their order."""
    plans: list[Plan] = []
    pushes, fallbacks = batch.pushes or repeat(None), batch.fallbacks or repeat(None)
    # The batch has checked that its columns are of one length; what it has none of never ends.
    for (subscriber_id, text, content), push, fallback in zip(batch.rows(), pushes, fallbacks, strict=False):
        msisdn = known.msisdns.get(subscriber_id, "")
        handset = known.handsets.get(subscriber_id, UNKNOWN_HANDSET)
        plan = plan_row(batch.channel, msisdn, text, content, route=known.routes.find(batch.channel, msisdn))
        if not plan.failure and batch.channel is Channel.MMS:
            plan = _with_pictures(plan, content or b"", handset, known.missing)
        if not plan.failure and (push or fallback):
            plan = _with_followers(plan, batch.channel, push, fallback or "", handset, known.routes)
        if not plan.failure and (known.words.find(text) or known.words.find(fallback or "")):
            plan = replace(plan, failure=FORBIDDEN)
        plans.append(plan)
        if len(plans) % ROWS_A_TURN == 0:
            await asyncio.sleep(0)
    return plans


def plan_row(channel: Channel, msisdn: str, text: str, content: bytes | None, *, route: str) -> Plan:
    """What is to be done with one row."""
    if not msisdn:
        return Plan(failure=NO_NUMBER, route=route)
    try:
        parts = count_parts(channel, text, content)
    except InvalidInput as error:
        return Plan(msisdn=msisdn, failure=failure_of(error), route=route)
    return Plan(msisdn=msisdn, parts=parts, route=route)


def _with_pictures(plan: Plan, content: bytes, handset: Handset, missing: frozenset[str]) -> Plan:
    """The row with the limits of the handset that its pictures are chosen for (CHN-14)."""
    if named_resource(content) in missing:
        return replace(plan, failure=RESOURCE_UNKNOWN)
    return replace(plan, content=address_content(content, handset))


def _with_followers(
    plan: Plan, channel: Channel, push: bytes | None, fallback: str, handset: Handset, routes: Routes
) -> Plan:
    """The row with the push and the SMS that may follow it; what the handset can't show is left out.

    One that could not go as it is fails at once, before anybody relies on it.
    """
    ways: list[Alternative] = []
    for follower, text, content in ((Channel.WAP_PUSH, "", push), (Channel.SMS, fallback, None)):
        if not text and not content:
            continue
        row = plan_row(follower, plan.msisdn, text, content, route=routes.find(follower, plan.msisdn))
        if row.failure:
            return replace(plan, failure=row.failure)
        ways.append(Alternative(channel=follower, text=text, parts=row.parts, route=row.route, content=content))
    first = first_fit([channel, *(way.channel for way in ways)], handset.incapable_of)
    if first == 0:
        return replace(plan, fallback=write_fallback(ways))
    if first > len(ways):
        return replace(plan, failure=INCAPABLE)
    return replace(plan, instead=ways[first - 1], left_out=first, fallback=write_fallback(ways[first:]))
