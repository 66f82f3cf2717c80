"""Finds the grants that referrals earned their referrers; it must not decide what becomes of one."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.referral import Referral, ReferralState
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.domain.reward_offer import MAX_EXTRAS
from svc_reward.store.reward_grants import COLUMNS, to_grant

GRANTS = f"SELECT {COLUMNS} FROM reward_grant WHERE id = ANY($1::uuid[]) ORDER BY part"  # noqa: S608 -- the columns are ours


async def list_referral_grants(unit: UnitOfWork, referrals: Sequence[Referral]) -> dict[int, list[RewardGrant]]:
    """By the referral's number; their ids are known, since the same referral is the same grant for ever."""
    numbers = {
        referral.occasions()[0].grant_id(part): referral.number
        for referral in referrals
        if referral.state is ReferralState.COMPLETED
        for part in range(MAX_EXTRAS + 1)
    }
    found: dict[int, list[RewardGrant]] = {}
    if numbers:
        for row in await unit.driver.fetch(GRANTS, list(numbers)):
            grant = to_grant(row)
            found.setdefault(numbers[grant.id], []).append(grant)
    return found
