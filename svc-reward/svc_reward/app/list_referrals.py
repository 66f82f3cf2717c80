"""Lists whom a subscriber has recommended and what that earned; it must not show the friends' numbers."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.referral_access import READERS
from svc_reward.domain.referral import Referral
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.store import referrals
from svc_reward.store.referral_rewards import list_referral_grants

# Above every number that is ever given.
NEWEST = 2**63 - 1


async def list_referrals(
    unit: UnitOfWork, *, identity: Identity, referrer_id: int, before: int, limit: int
) -> list[tuple[Referral, list[RewardGrant]]]:
    """The newest first, each with the referrer's grants. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *READERS)
    page = await referrals.list_referrals(unit, referrer_id=referrer_id, before=before or NEWEST, limit=limit)
    grants = await list_referral_grants(unit, page)
    return [(referral, grants.get(referral.number, [])) for referral in page]
