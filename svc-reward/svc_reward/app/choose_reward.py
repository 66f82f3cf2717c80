"""The owner's choice between rewards of equal worth, and the default for who did not choose (RWD-07); never both."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.give_reward import give_reward
from svc_reward.app.grant_access import ATTENDANTS, unknown_grant
from svc_reward.app.offer_reward import settle_grant
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.reward_grant import GrantState, RewardGrant
from svc_reward.store.grant_rules import enter_gate
from svc_reward.store.reward_grants import find_grant, keep_grant, lock_due_choices

# Choices ended in one transaction: each may touch a prize's stock, which others want too.
MAX_LAPSES = 50


async def choose_reward(
    unit: UnitOfWork, *, identity: Identity, grant_id: UUID, position: int, means: RewardMeans
) -> RewardGrant:
    """Gives what was chosen. Where that can't be given the choice stays open, and something else may be chosen.

    Raises NotFound GRANT_UNKNOWN, StateRefused CHOICE_MADE or CHOICE_OVER, InvalidInput CHOICE_UNKNOWN,
    PermissionRefused ROLE_MISSING, and what ``give_reward`` raises, such as OUT_OF_STOCK.
    """
    require_role(identity, *ATTENDANTS)
    await enter_gate(unit)
    grant = await find_grant(unit, grant_id, lock=True)
    if grant is None:
        raise unknown_grant()
    chosen = grant.choose(position, means.clock.now())
    reward, owner = chosen.rewards[position], chosen.occasion.owner
    reference = await give_reward(unit, reward, owner=owner, grant_id=chosen.id, means=means)
    given = chosen.become(GrantState.GIVEN, means.clock.now(), reference=reference)
    await keep_grant(unit, given)
    return given


async def lapse_choices(unit: UnitOfWork, *, means: RewardMeans) -> int:
    """Gives the default to those whose time to choose is over; how many those were."""
    await enter_gate(unit)
    now = means.clock.now()
    due = await lock_due_choices(unit, now=now, limit=MAX_LAPSES)
    for grant in due:
        await settle_grant(unit, grant.fall_back(now), means=means)
    return len(due)
