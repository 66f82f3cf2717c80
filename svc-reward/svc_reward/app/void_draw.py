"""Ends a draw without winners, by a person's decision or because its reveal was missed; nothing revives it."""

from datetime import datetime

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from carillon_chassis.jobs import enqueue
from svc_reward.app.draw_access import VOIDERS, found, require_branch
from svc_reward.domain.draw import REVEAL_MISSED, Draw
from svc_reward.store.draws import lock_draw, save_draw

REFUND_JOB = "refund_draw"


async def void_draw(unit: UnitOfWork, draw_id: str, *, reason: str, actor: Identity, clock: Clock) -> Draw:
    """The void draw. Raises PermissionRefused SECOND_PARTY_REQUIRED, StateRefused DRAW_STATE."""
    require_role(actor, *VOIDERS)
    draw = found(await lock_draw(unit, draw_id))
    require_branch(draw, actor)
    draw.require_stranger(actor.subject)
    return await _void(unit, draw, reason=reason, at=clock.now())


async def expire_draw(unit: UnitOfWork, draw_id: str, *, clock: Clock) -> Draw:
    """The draw, void from now on where its dead-line has passed without winners; else as it stands."""
    draw, now = found(await lock_draw(unit, draw_id)), clock.now()
    if draw.is_overdue(at=now):
        return await _void(unit, draw, reason=REVEAL_MISSED, at=now)
    return draw


async def _void(unit: UnitOfWork, draw: Draw, *, reason: str, at: datetime) -> Draw:
    void = draw.voided(reason=reason, at=at)
    await save_draw(unit, void)
    if void.rule.ticket_price is not None:
        await enqueue(unit, REFUND_JOB, void.rule.draw_id.encode())
    return void
