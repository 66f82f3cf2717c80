"""Adds tickets to an open draw; an entry is in the frozen root or it is refused, never neither nor both."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity
from svc_reward.app.draw_access import found, require_entering
from svc_reward.domain.draw_entrant import Entry
from svc_reward.store.draw_entries import add_entries
from svc_reward.store.draws import share_draw


async def add_draw_entries(
    unit: UnitOfWork, draw_id: str, entries: Sequence[Entry], *, subscribed_month: str, actor: Identity, clock: Clock
) -> int:
    """How many tickets were new (RWD-05, RWD-07, RWD-08). All are added or none.

    Raises StateRefused DRAW_NOT_OPEN, DRAW_CLOSED, or NOT_ELIGIBLE unless the entrants were subscribed in the month
    that the rule asks for (RWD-09).
    """
    draw = found(await share_draw(unit, draw_id))
    require_entering(draw, actor)
    # After the lock: who waited for the freeze sees that it is over.
    now = clock.now()
    draw.require_entries(at=now)
    eligibility = draw.rule.eligibility
    if eligibility is not None and not eligibility.admits(subscribed_month):
        raise StateRefused(
            reason="NOT_ELIGIBLE",
            field="subscribed_month",
            detail=f"who enters was subscribed to {eligibility.service} in {eligibility.required_month};"
            f" the entries say {subscribed_month or 'nothing'}",
        )
    return await add_entries(unit, draw_id, entries, now=now)
