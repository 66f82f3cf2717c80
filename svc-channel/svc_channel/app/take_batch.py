"""Takes a batch of messages: numbers looked up, parts counted, rows durable; sends nothing."""

from datetime import datetime

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Conflict
from svc_channel.app.check_resources import missing_resources
from svc_channel.app.facts import tell_ended
from svc_channel.app.handsets import Handsets
from svc_channel.app.numbers import Numbers
from svc_channel.app.plan_batch import BatchKnowledge, ask_handsets, plan_batch
from svc_channel.domain.channel import Channel
from svc_channel.domain.forbidden_words import ForbiddenWords
from svc_channel.domain.outgoing import OutgoingBatch, Plan, RefusedRow, TakenBatch
from svc_channel.domain.routes import Routes
from svc_channel.store.batches import KnownBatch, book_batch, find_batch
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.messages import EndedMessage


async def take_batch(
    database: Database,
    batch: OutgoingBatch,
    *,
    numbers: Numbers,
    handsets: Handsets,
    routes: Routes,
    traceparent: str,
    clock: Clock,
) -> TakenBatch:
    """Books a batch once; the same batch again changes nothing.

    A row without a number, or with what its channel can't send, or what may not be sent for a forbidden word, or what
    the resource library does not have, is booked as failed, named in the answer and told by MessagesEnded.
    Raises Conflict (BATCH_CONFLICT) when the number was used for other content, Unavailable when svc-segment or the
    database is away; nothing is booked then.
    """
    async with database.read() as unit:
        known = await find_batch(unit, batch)
        words = ForbiddenWords(await fetch_forbidden_words(unit) if known is None else ())
        shows = batch.contents if batch.channel is Channel.MMS and known is None else ()
        missing = await missing_resources(unit, shows)
    if known is not None:
        return _replayed(batch, known)
    knowledge = BatchKnowledge(
        msisdns=await numbers.look_up(batch.subscriber_ids),
        handsets=await ask_handsets(handsets, batch),
        words=words,
        missing=missing,
        routes=routes,
    )
    plans = await plan_batch(batch, knowledge)
    now = clock.now()
    async with database.unit_of_work() as unit:
        if await book_batch(unit, batch, plans, traceparent=traceparent, now=now):
            await _tell_unsendable(unit, batch, plans, now=now)
            refused = [RefusedRow(row=row, reason=plan.failure) for row, plan in enumerate(plans) if plan.failure]
            return TakenBatch(number=batch.number, accepted=len(plans), replayed=False, refused=tuple(refused))
        known = await find_batch(unit, batch)
    if known is None:
        raise Conflict(reason="BATCH_CONFLICT", field="batch", detail="the batch was taken and is gone; send it again")
    return _replayed(batch, known)


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
