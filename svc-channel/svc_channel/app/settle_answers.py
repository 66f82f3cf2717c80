"""Tells svc-catalog what customers confirmed by SMS, and them what came of it; asks nobody anything."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.app.numbers import Numbers
from svc_channel.app.orders import Orders
from svc_channel.domain.confirmation import ConfirmationState, EndReason, is_late
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.sessions.words import say
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.confirmations import Confirmation, end_confirmations, list_due
from svc_channel.store.singles import Single, book_singles

ANSWERS_A_STEP = 50


async def settle_answers(database: Database, orders: Orders, numbers: Numbers, *, sender: str, clock: Clock) -> int:
    """Has confirmed what customers said yes to, and answers how many there were; each hears once, as a reply (QGV-09).

    Raises Unavailable while a service is away; they wait, and a yes that was told already is a repetition.
    """
    async with database.read() as unit:
        due = await list_due(unit, state=ConfirmationState.ANSWERED, now=clock.now(), limit=ANSWERS_A_STEP)
    if not due:
        return 0
    known = await numbers.look_up(sorted({one.subscriber_id for one in due}))
    reasons: dict[UUID, EndReason] = {}
    texts: dict[UUID, str] = {}
    for one in due:
        reasons[one.order_id] = await _confirm(one, orders)
        service = await orders.describe(one.service)
        key = "ordered" if reasons[one.order_id] is EndReason.CONFIRMED else "order_over"
        texts[one.order_id] = say(Language.ZH, key, service=one.service if service is None else service.name)
    async with database.unit_of_work() as unit:
        mine = await end_confirmations(unit, reasons)
        singles = [
            Single(
                subscriber_id=one.subscriber_id,
                msisdn=known[one.subscriber_id],
                sender=sender,
                text=texts[one.order_id],
                parts=count_segments(texts[one.order_id]),
            )
            for one in due
            if one.order_id in mine and one.subscriber_id in known
        ]
        await book_singles(unit, singles, now=clock.now())
    return len(due)


async def _confirm(one: Confirmation, orders: Orders) -> EndReason:
    if one.asked_at is None or one.answered_at is None or is_late(one.asked_at, one.answered_at):
        return EndReason.LATE
    return EndReason.CONFIRMED if await orders.confirm(one.order_id) else EndReason.NOT_OPEN
