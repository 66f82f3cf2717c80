"""Opens a draw for entries, and books its close and its dead-line as jobs in the same transaction."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict
from carillon_chassis.identity import Identity, require_role
from carillon_chassis.jobs import enqueue
from svc_reward.app.draw_access import MAKERS, found, require_branch
from svc_reward.domain.draw import Draw
from svc_reward.store.draws import is_committed, lock_draw, save_draw

FREEZE_JOB = "freeze_draw"
EXPIRE_JOB = "expire_draw"


async def open_draw(unit: UnitOfWork, draw_id: str, *, commitment: bytes, actor: Identity, clock: Clock) -> Draw:
    """The open draw. Raises Conflict COMMITMENT_USED: a seed that was ever revealed is no secret."""
    require_role(actor, *MAKERS)
    draw, now = found(await lock_draw(unit, draw_id)), clock.now()
    require_branch(draw, actor)
    opened = draw.opened(commitment=commitment, by=actor.subject, at=now)
    if await is_committed(unit, commitment):
        raise Conflict(
            reason="COMMITMENT_USED", field="commitment", detail="a draw stands under this commitment; take a new seed"
        )
    await save_draw(unit, opened)
    await enqueue(unit, FREEZE_JOB, draw_id.encode(), after=draw.rule.closes_at - now)
    await enqueue(unit, EXPIRE_JOB, draw_id.encode(), after=draw.rule.reveal_by - now)
    return opened
