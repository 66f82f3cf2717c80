"""Writes one flush: what the link brought, and the ends it makes, in the caller's one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_channel.app.facts import tell_ended
from svc_channel.app.hear_opt_outs import hear_opt_outs
from svc_channel.domain.flush import Flush, Setback
from svc_channel.domain.inbound import join_pieces
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import PAUSE_SECONDS, AnsweredMessage, Verdict
from svc_channel.store.claims import end_claims, requeue
from svc_channel.store.doubts import book_doubts
from svc_channel.store.inbound import book_inbound
from svc_channel.store.inbound_pieces import book_pieces
from svc_channel.store.messages import EndedMessage, settle_messages
from svc_channel.store.parts import book_answers, book_receipts


async def record_flush(unit: UnitOfWork, flush: Flush, *, now: datetime) -> list[EndedMessage]:
    """Books a flush and tells MessagesEnded; answers the messages that ended. Booking it twice changes nothing more.

    Answers go first, so a receipt that came with its answer finds the part.
    """
    await prefer_indexes(unit)
    whole = [message for pieces in await book_pieces(unit, flush.pieces) for message in join_pieces(pieces)]
    inbound = [*flush.inbound, *whole]
    await book_inbound(unit, inbound)
    touched = await record_submissions(unit, flush.answered, flush.setbacks, now=now)
    touched += await record_receipts(unit, flush.receipts, now=now)
    ended = await settle_messages(unit, touched, now=now)
    await tell_ended(unit, ended, now=now)
    await end_claims(unit, flush.ended_claims)
    await hear_opt_outs(unit, inbound)
    return ended


async def record_submissions(
    unit: UnitOfWork, answered: Sequence[AnsweredMessage], setbacks: Sequence[Setback], *, now: datetime
) -> list[int]:
    """Books answered parts, requeues what was surely not accepted, doubts what may have been; answers whom it touched."""
    await book_answers(unit, answered, now=now)
    for setback in setbacks:
        if setback.verdict is Verdict.DOUBT:
            await book_doubts(unit, setback.message_ids, claimed_at=setback.claimed_at, line=setback.line, now=now)
        else:
            due_at = now + timedelta(seconds=PAUSE_SECONDS[setback.verdict])
            unattempted = setback.verdict is not Verdict.TRANSIENT
            await requeue(
                unit,
                setback.message_ids,
                due_at=due_at,
                unattempted=unattempted,
                claimed_at=setback.claimed_at,
            )
    return [message.message_id for message in answered]


async def record_receipts(unit: UnitOfWork, receipts: Sequence[PartReceipt], *, now: datetime) -> list[int]:
    """Books receipts, orphans included; answers the messages whose parts they ended."""
    return await book_receipts(unit, receipts, now=now) if receipts else []
