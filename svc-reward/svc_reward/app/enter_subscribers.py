"""Enters everybody who was subscribed in a month into the draw of the month after it, as a job (RWD-09).

It must not enter anybody before the month is over: who subscribes on its last day has the same right.
"""

import logging
from datetime import UTC, datetime, tzinfo

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity, require_role
from carillon_chassis.jobs import enqueue
from svc_reward.app.draw_access import MAKERS, found, require_branch
from svc_reward.domain.calendar_month import parse_month
from svc_reward.domain.draw import Draw, DrawState
from svc_reward.store.draws import share_draw
from svc_reward.store.subscribed_entries import SubscribedMonth, count_subscribed, enter_subscribed

ENTER_JOB = "enter_subscribers"
# Some 0.3 s of a transaction, in which the freeze of the draw waits.
PAGE_SUBSCRIBERS = 20_000

logger = logging.getLogger(__name__)


async def enter_subscribers(
    unit: UnitOfWork, draw_id: str, *, actor: Identity, clock: Clock, zone: tzinfo
) -> tuple[SubscribedMonth, int]:
    """The month and how many were subscribed in it; the job enters them in this transaction's wake.

    Raises PermissionRefused, NotFound DRAW_UNKNOWN, StateRefused DRAW_NOT_OPEN, DRAW_CLOSED, DRAW_SELLS_TICKETS,
    DRAW_WITHOUT_MONTH for a rule without eligibility, or MONTH_NOT_OVER.
    """
    require_role(actor, *MAKERS)
    draw = found(await share_draw(unit, draw_id))
    require_branch(draw, actor)
    now = clock.now()
    draw.require_entries(at=now)
    month = subscribed_month(draw, zone)
    if now < month.ends_at:
        raise StateRefused(
            reason="MONTH_NOT_OVER",
            field="draw_id",
            detail=f"{month.name} is not over; who subscribes until its end may take part too",
        )
    await enqueue(unit, ENTER_JOB, draw_id.encode(), key=f"{ENTER_JOB}:{draw_id}")
    return month, await count_subscribed(unit, month)


async def enter_all_subscribers(
    database: Database, draw_id: str, *, clock: Clock, zone: tzinfo, page: int = PAGE_SUBSCRIBERS
) -> int:
    """How many tickets were new. Done again after a stop it enters nobody twice; a draw that has closed takes no more."""
    after, added = 0, 0
    while True:
        async with database.unit_of_work() as unit:
            draw = found(await share_draw(unit, draw_id))
            now = clock.now()
            if draw.state is not DrawState.OPEN or now >= draw.rule.closes_at:
                logger.warning("draw %s closed before all subscribers were entered", draw_id)
                return added
            after, new = await enter_subscribed(
                unit, draw_id, subscribed_month(draw, zone), after=after, limit=page, now=now
            )
            added += new
        if not after:
            return added


def subscribed_month(draw: Draw, zone: tzinfo) -> SubscribedMonth:
    """The month before the draw's. Raises StateRefused DRAW_WITHOUT_MONTH or DRAW_SELLS_TICKETS."""
    eligibility = draw.rule.eligibility
    if eligibility is None:
        raise StateRefused(
            reason="DRAW_WITHOUT_MONTH",
            field="draw_id",
            detail="the draw's rule asks for no subscription, so nobody is entered by one",
        )
    if draw.rule.ticket_price is not None:
        raise StateRefused(
            reason="DRAW_SELLS_TICKETS", field="draw_id", detail="this draw sells its tickets, so none is given away"
        )
    month = parse_month(eligibility.required_month)
    return SubscribedMonth(
        service=eligibility.service,
        name=str(month),
        begins_at=datetime(month.year, month.month, 1, tzinfo=zone).astimezone(UTC),
        ends_at=month.ends_before(zone),
    )
