"""Plans the rows of a batch: what goes to whom by which way, and what can't go; asks once a batch and books nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import repeat

from carillon_chassis.errors import InvalidInput
from svc_channel.app.check_resources import RESOURCE_UNKNOWN, named_resource
from svc_channel.app.handsets import Handsets
from svc_channel.domain.channel import Channel
from svc_channel.domain.fallback import Alternative, write_fallback
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
    fallbacks = batch.fallbacks or repeat(None)
    for (subscriber_id, text, content), fallback in zip(batch.rows(), fallbacks, strict=bool(batch.fallbacks)):
        msisdn = known.msisdns.get(subscriber_id, "")
        handset = known.handsets.get(subscriber_id, UNKNOWN_HANDSET)
        plan = plan_row(batch.channel, msisdn, text, content, route=known.routes.find(batch.channel, msisdn))
        if not plan.failure and batch.channel is Channel.MMS:
            plan = _with_pictures(plan, content or b"", handset, known.missing)
        if fallback and not plan.failure:
            incapable = batch.channel.value in handset.incapable_of
            plan = _with_fallback(plan, fallback, route=known.routes.find(Channel.SMS, msisdn), at_once=incapable)
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


def _with_fallback(plan: Plan, text: str, *, route: str, at_once: bool) -> Plan:
    """The row with the SMS that may follow it, or ``at_once`` goes in its place.

    One that could not go as it is fails at once, before anybody relies on it.
    """
    sms = plan_row(Channel.SMS, plan.msisdn, text, None, route=route)
    if sms.failure:
        return replace(plan, failure=sms.failure)
    alternative = Alternative(channel=Channel.SMS, text=text, parts=sms.parts, route=route)
    if at_once:
        return replace(plan, instead=alternative)
    return replace(plan, fallback=write_fallback([alternative]))
