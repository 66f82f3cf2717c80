"""Takes a batch of messages: numbers looked up, parts counted, rows durable; sends nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import repeat

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Conflict, InvalidInput
from svc_channel.app.facts import tell_ended
from svc_channel.app.numbers import Numbers
from svc_channel.domain.channel import Channel
from svc_channel.domain.fallback import Alternative, write_fallback
from svc_channel.domain.forbidden_words import FORBIDDEN, ForbiddenWords
from svc_channel.domain.outgoing import (
    NO_NUMBER,
    PARTS_LIMIT,
    TEXT_EMPTY,
    TEXT_TOO_LONG,
    TEXT_UNSENDABLE,
    OutgoingBatch,
    Plan,
    TakenBatch,
)
from svc_channel.domain.routes import Routes
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.domain.wap.carriage import count_push
from svc_channel.store.batches import KnownBatch, book_batch, find_batch
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.messages import EndedMessage

# Counting parts costs some 10 us a text; the sender shares this event loop and should not wait longer than this takes.
ROWS_A_TURN = 250


async def take_batch(
    database: Database, numbers: Numbers, batch: OutgoingBatch, *, routes: Routes, traceparent: str, clock: Clock
) -> TakenBatch:
    """Books a batch once; the same batch again changes nothing and answers the same.

    A row without a number or with a text that can't be sent, or may not be for a forbidden word, is booked as failed and
    told by MessagesEnded.
    Raises Conflict (BATCH_CONFLICT) when the number was used for other content, Unavailable when svc-segment or the
    database is away; nothing is booked then.
    """
    async with database.read() as unit:
        known = await find_batch(unit, batch)
        words = ForbiddenWords(await fetch_forbidden_words(unit) if known is None else ())
    if known is not None:
        return _replayed(batch, known)
    plans = await _plan(batch, await numbers.look_up(batch.subscriber_ids), routes, words)
    now = clock.now()
    async with database.unit_of_work() as unit:
        if await book_batch(unit, batch, plans, traceparent=traceparent, now=now):
            await _tell_unsendable(unit, batch, plans, now=now)
            return TakenBatch(number=batch.number, accepted=len(plans), replayed=False)
        known = await find_batch(unit, batch)
    if known is None:
        raise Conflict(reason="BATCH_CONFLICT", field="batch", detail="the batch was taken and is gone; send it again")
    return _replayed(batch, known)


async def _plan(batch: OutgoingBatch, msisdns: Mapping[int, str], routes: Routes, words: ForbiddenWords) -> list[Plan]:
    plans: list[Plan] = []
    fallbacks = batch.fallbacks or repeat(None)
    for (subscriber_id, text, content), fallback in zip(batch.rows(), fallbacks, strict=bool(batch.fallbacks)):
        msisdn = msisdns.get(subscriber_id, "")
        plan = plan_row(batch.channel, msisdn, text, content, route=routes.find(batch.channel, msisdn))
        if fallback and not plan.failure:
            plan = _with_fallback(plan, fallback, route=routes.find(Channel.SMS, msisdn))
        if not plan.failure and (words.find(text) or words.find(fallback or "")):
            plan = replace(plan, failure=FORBIDDEN)
        plans.append(plan)
        if len(plans) % ROWS_A_TURN == 0:
            await asyncio.sleep(0)
    return plans


def _with_fallback(plan: Plan, text: str, *, route: str) -> Plan:
    """The row with the SMS that may follow it; one that could not go as it is fails at once, before anybody relies on it."""
    sms = plan_row(Channel.SMS, plan.msisdn, text, None, route=route)
    if sms.failure:
        return replace(plan, failure=sms.failure)
    alternative = Alternative(channel=Channel.SMS, text=text, parts=sms.parts, route=route)
    return replace(plan, fallback=write_fallback([alternative]))


def plan_row(channel: Channel, msisdn: str, text: str, content: bytes | None, *, route: str) -> Plan:
    """What is to be done with one row."""
    if not msisdn:
        return Plan(failure=NO_NUMBER, route=route)
    try:
        parts = count_parts(channel, text, content)
    except InvalidInput as error:
        return Plan(msisdn=msisdn, failure=_failure_of(error.reason), route=route)
    if parts > PARTS_LIMIT:
        return Plan(msisdn=msisdn, failure=TEXT_TOO_LONG, route=route)
    return Plan(msisdn=msisdn, parts=parts, route=route)


def count_parts(channel: Channel, text: str, content: bytes | None) -> int:
    """In how many parts a message goes, as its channel reads it; a line may cut a text otherwise.

    Raises InvalidInput for what can't be sent: TEXT_EMPTY, TEXT_TOO_LONG, TEXT_UNSENDABLE, PUSH_*.
    """
    # PostgreSQL can't keep it and no handset shows it.
    if "\0" in text:
        raise InvalidInput(reason=TEXT_UNSENDABLE, field="text", detail="a text without NUL")
    if channel is Channel.WAP_PUSH:
        return count_push(content or b"")
    if channel in {Channel.MMS, Channel.MOBILE_MARKET}:
        return 1
    if not text:
        raise InvalidInput(reason=TEXT_EMPTY, field="text", detail="a text of at least one character")
    return count_segments(text)


def _failure_of(reason: str) -> str:
    """The reason as messages end for it; whatever a text is refused for beside its length, it is unsendable."""
    is_told = reason in {TEXT_EMPTY, TEXT_TOO_LONG} or not reason.startswith("TEXT_")
    return reason if is_told else TEXT_UNSENDABLE


async def _tell_unsendable(unit: UnitOfWork, batch: OutgoingBatch, plans: list[Plan], *, now: datetime) -> None:
    failed = [
        EndedMessage(campaign_id=batch.campaign_id, subscriber_id=subscriber_id, reason=plan.failure)
        for subscriber_id, plan in zip(batch.subscriber_ids, plans, strict=True)
        if plan.failure
    ]
    await tell_ended(unit, failed, now=now)


def _replayed(batch: OutgoingBatch, known: KnownBatch) -> TakenBatch:
    if known.content_hash != batch.content_hash():
        raise Conflict(
            reason="BATCH_CONFLICT",
            field="batch",
            detail=f"batch {batch.number} of this campaign was taken with other content; give new content a new number",
        )
    return TakenBatch(number=batch.number, accepted=known.accepted, replayed=True)
