"""Row-level security on the branch: statements of a branch's people run under the role whose policy hides other branches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import Actor

ENTER = "SELECT set_config('role', 'carillon_campaign_branch', true), set_config('carillon.branch', $1, true)"
LEAVE = "SELECT set_config('role', 'none', true)"


@asynccontextmanager
async def held_to_branch(unit: UnitOfWork, actor: Actor) -> AsyncIterator[None]:
    """Inside, the table campaign shows only the actor's branch, unless the actor works for the whole province.

    After an error nothing is reset: the transaction is lost, and the setting with it.
    """
    if actor.sees_every_branch:
        yield
        return
    await unit.driver.execute(ENTER, actor.branch)
    yield
    await unit.driver.execute(LEAVE)
