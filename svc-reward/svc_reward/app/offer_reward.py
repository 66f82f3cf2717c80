"""Gives what somebody has earned, or offers the choice of it, once for one occasion (RWD-07); it must not judge who earns."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import DomainError, Unavailable
from svc_reward.app.give_reward import give_reward
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.reward_grant import GrantState, Occasion, RewardGrant, new_grants
from svc_reward.domain.reward_offer import MAX_EXTRAS, RewardOffer
from svc_reward.store.reward_grants import add_grant, find_grant, keep_grant, require_grant


async def offer_reward(
    unit: UnitOfWork, offer: RewardOffer, *, occasion: Occasion, means: RewardMeans, shares: int = 1
) -> list[RewardGrant]:
    """The grant, then one for each extra, as they stand now; asked again for the same occasion it changes nothing.

    A single reward is given (``given``) or kept with the reason why it can't be (``refused``); a choice is ``offered``
    until its owner has chosen or the time is over. Raises InvalidInput REWARD_NOT_FOR_OWNER or REWARD_INVALID.
    """
    standing = []
    for grant in new_grants(occasion, offer, shares=shares, at=means.clock.now()):
        if await add_grant(unit, grant):
            standing.append(await settle_grant(unit, grant, means=means))
        else:
            standing.append(await require_grant(unit, grant.id))
    return standing


async def withhold_reward(
    unit: UnitOfWork,
    offer: RewardOffer,
    *,
    occasion: Occasion,
    shares: int,
    state: GrantState,
    reason: str,
    means: RewardMeans,
) -> None:
    """Keeps what was earned and is not given now, with its extras, and the reason why."""
    now = means.clock.now()
    for grant in new_grants(occasion, offer, shares=shares, at=now):
        if await add_grant(unit, grant):
            held = grant.stay(reason) if state is GrantState.WAITING else grant.become(state, now, reason=reason)
            await keep_grant(unit, held)


async def release_reward(unit: UnitOfWork, grant: RewardGrant, *, means: RewardMeans) -> RewardGrant:
    """Gives what was withheld, and its extras with it. The grant's row must be locked."""
    settled = await settle_grant(unit, grant, means=means)
    for part in range(1, MAX_EXTRAS + 1):
        extra = await find_grant(unit, grant.occasion.grant_id(part), lock=True)
        if grant.part == 0 and extra is not None and extra.reason == grant.reason and extra.state is grant.state:
            await settle_grant(unit, extra, means=means)
    return settled


async def settle_grant(unit: UnitOfWork, grant: RewardGrant, *, means: RewardMeans) -> RewardGrant:
    """Gives it, offers its choice, or keeps it with the reason why it can't be given; its row must be ours."""
    now = means.clock.now()
    if grant.reward is None:
        settled = grant.offer(now)
    else:
        owner = grant.occasion.owner
        try:
            reference = await give_reward(unit, grant.reward, owner=owner, grant_id=grant.id, means=means)
        except Unavailable:
            raise
        except DomainError as error:
            settled = grant.become(GrantState.REFUSED, now, reason=error.reason)
        else:
            settled = grant.become(GrantState.GIVEN, now, reference=reference)
    await keep_grant(unit, settled)
    return settled
