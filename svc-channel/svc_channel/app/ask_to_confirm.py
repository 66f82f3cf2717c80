"""Asks customers by SMS to confirm the orders that wait for them, with the three prices; confirms nothing."""

import logging
from datetime import datetime
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, StateRefused
from svc_channel.app.numbers import Numbers
from svc_channel.app.orders import OrderedService, Orders
from svc_channel.domain.channel import MessageClass
from svc_channel.domain.confirmation import TEMPLATE, VALID, ConfirmationState, EndReason, is_late
from svc_channel.domain.membership import MemberTier
from svc_channel.domain.template import Template, Value, read_template
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.confirmations import Confirmation, end_confirmations, list_due, mark_asked
from svc_channel.store.singles import Single, book_singles
from svc_channel.store.templates import find_approved

# Each asks svc-catalog once; so many are asked in a second.
ORDERS_A_STEP = 50

logger = logging.getLogger(__name__)


async def ask_to_confirm(database: Database, orders: Orders, numbers: Numbers, *, sender: str, clock: Clock) -> int:
    """Asks about what is due and answers how many there were; each order once (CHN-33, CAT-45, QGV-09).

    The SMS is of the class service: who opted out of marketing still hears what an order of theirs costs.
    Raises Unavailable while a service is away, StateRefused TEMPLATE_STATE without an approved template; they wait.
    """
    async with database.read() as unit:
        due = await list_due(unit, state=ConfirmationState.WAITING, now=clock.now(), limit=ORDERS_A_STEP)
        template = await _template(unit) if due else None
    if template is None:
        return 0
    known = await numbers.look_up(sorted({one.subscriber_id for one in due}))
    texts: dict[UUID, str] = {}
    ended: dict[UUID, EndReason] = {}
    for one in due:
        asked = await _question(one, template, orders, now=clock.now())
        if isinstance(asked, EndReason):
            ended[one.order_id] = asked
        elif one.subscriber_id not in known:
            ended[one.order_id] = EndReason.NO_NUMBER
        else:
            texts[one.order_id] = asked
    async with database.unit_of_work() as unit:
        now = clock.now()
        await end_confirmations(unit, ended)
        mine = await mark_asked(unit, list(texts), now=now)
        singles = [
            _single(one, known[one.subscriber_id], texts[one.order_id], sender=sender, now=now)
            for one in due
            if one.order_id in mine
        ]
        await book_singles(unit, singles, now=now)
    return len(due)


async def _template(unit: UnitOfWork) -> Template:
    kept = await find_approved(unit, TEMPLATE)
    if kept is None:
        detail = f"no version of {TEMPLATE} is approved; have one approved, or nobody is asked to confirm an order"
        raise StateRefused(reason="TEMPLATE_STATE", field=TEMPLATE, detail=detail)
    return read_template(kept.text)


async def _question(one: Confirmation, template: Template, orders: Orders, *, now: datetime) -> str | EndReason:
    """What the customer is asked, or why not."""
    if is_late(one.placed_at, now):
        return EndReason.LATE
    if not await orders.is_open(one.order_id):
        return EndReason.NOT_OPEN
    service = await orders.describe(one.service)
    text = None if service is None else _fill(template, service)
    if text is None:
        logger.warning("order %s is not asked about: %s has no three prices to show", one.order_id, one.service)
        return EndReason.UNPRICED
    return text


def _fill(template: Template, service: OrderedService) -> str | None:
    """The text; None without all three prices."""
    premium, ordinary, non_member = (service.prices[tier] for tier in MemberTier)
    if premium is None or ordinary is None or non_member is None:
        return None
    values: dict[str, Value] = {
        "service": service.name,
        "premium_price": premium,
        "ordinary_price": ordinary,
        "non_member_price": non_member,
    }
    try:
        return template.fill(values)
    except InvalidInput as error:
        logger.error("the template %s can't be filled: %s", TEMPLATE, error)  # noqa: TRY400 -- the reason says all
        return None


def _single(one: Confirmation, msisdn: str, text: str, *, sender: str, now: datetime) -> Single:
    return Single(
        subscriber_id=one.subscriber_id,
        msisdn=msisdn,
        sender=sender,
        text=text,
        parts=count_segments(text),
        message_class=MessageClass.SERVICE,
        expires_at=now + VALID,
    )
