"""Takes back what an order earned when it ended or was refunded in time; it must not take anything back twice."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import DomainError, Unavailable
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.take_back_reward import take_back_reward
from svc_reward.domain.grant_decision import ORDER_TAKEN_BACK
from svc_reward.domain.reward_grant import GrantState, RewardGrant
from svc_reward.store.activities import keep_order_end
from svc_reward.store.grant_rules import enter_gate, find_grant_rule
from svc_reward.store.reward_grants import keep_grant, list_order_grants

# What could not be taken back stays given, with this and the reason; an operator may try again.
TAKE_BACK = "TAKE_BACK_"


async def take_back_order(unit: UnitOfWork, *, order_id: str, at: datetime, means: RewardMeans) -> list[RewardGrant]:
    """Ends the order's grants of rules whose time to take back is not over; told again it changes nothing.

    An order that ends before it was told is remembered, and then earns nothing by such rules.
    """
    await enter_gate(unit)
    ended_at = await keep_order_end(unit, order_id, at)
    changed = []
    for grant in await list_order_grants(unit, order_id, lock=True):
        rule = await find_grant_rule(unit, grant.occasion.rule)
        if rule is None or not rule.terms.takes_back(grant.occasion.at, ended_at):
            continue
        if grant.state in {GrantState.OFFERED, GrantState.WAITING, GrantState.REFUSED}:
            forfeited = grant.become(GrantState.FORFEITED, means.clock.now(), reason=ORDER_TAKEN_BACK)
            await keep_grant(unit, forfeited)
            changed.append(forfeited)
        elif grant.state is GrantState.GIVEN and not grant.reason:
            changed.append(await take_back_grant(unit, grant, means=means))
    return changed


async def take_back_grant(unit: UnitOfWork, grant: RewardGrant, *, means: RewardMeans) -> RewardGrant:
    """Reversed, or given still with the reason why; its row must be locked."""
    try:
        await take_back_reward(unit, grant, means=means)
    except Unavailable:
        raise
    except DomainError as error:
        ended = grant.stay(TAKE_BACK + error.reason)
    else:
        ended = grant.become(GrantState.REVERSED, means.clock.now(), reason=ORDER_TAKEN_BACK)
    await keep_grant(unit, ended)
    return ended
