"""Takes the second party's seed for a frozen draw; it must come from somebody who can't know the first."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import SECOND_PARTIES, found
from svc_reward.domain.draw import Draw
from svc_reward.store.draws import lock_draw, save_draw


async def contribute_seed(unit: UnitOfWork, draw_id: str, *, seed: bytes, actor: Identity, clock: Clock) -> Draw:
    """The seeded draw. Raises PermissionRefused SECOND_PARTY_REQUIRED, StateRefused DRAW_STATE or REVEAL_MISSED.

    The second party needs no branch: who has nothing to do with the operator's branch is the better one.
    """
    require_role(actor, *SECOND_PARTIES)
    draw = found(await lock_draw(unit, draw_id))
    seeded = draw.seeded(second_seed=seed, by=actor.subject, at=clock.now())
    await save_draw(unit, seeded)
    return seeded
