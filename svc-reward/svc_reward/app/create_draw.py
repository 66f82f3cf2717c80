"""Keeps a new draw as a draft of its maker's branch; nobody can enter it yet."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import MAKERS
from svc_reward.domain.draw import Draw, new_draw
from svc_reward.domain.draw_rule import DrawRule
from svc_reward.store.draws import insert_draw


async def create_draw(unit: UnitOfWork, rule: DrawRule, *, salt: bytes, actor: Identity, clock: Clock) -> Draw:
    """The draft. Raises PermissionRefused ROLE_MISSING or StateRefused DRAW_CLOSED for a close that has passed."""
    require_role(actor, *MAKERS)
    now = clock.now()
    if rule.closes_at <= now:
        raise StateRefused(reason="DRAW_CLOSED", field="closes_at", detail="the close has passed; set it later")
    draw = new_draw(rule, branch=actor.branch, maker=actor.subject, salt=salt, at=now)
    await insert_draw(unit, draw)
    return draw
