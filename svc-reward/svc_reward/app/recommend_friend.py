"""A subscriber names a friend to whom a service is recommended; it must not pay before the friend has used it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.begin_referral import begin_referral
from svc_reward.app.referral_access import require_programme
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.domain.referral import Referral


async def recommend_friend(
    unit: UnitOfWork,
    *,
    identity: Identity,
    number: int,
    referrer_id: int,
    friend_id: int,
    friend_hint: str,
    said_to_use: bool,
    at: datetime,
    lucky: LuckyCodes,
) -> Referral:
    """Raises PermissionRefused ROLE_MISSING, NotFound PROGRAMME_UNKNOWN, and what ``begin_referral`` raises."""
    programme = await require_programme(unit, number, identity=identity)
    return await begin_referral(
        unit,
        programme,
        referrer_id=referrer_id,
        friend_id=friend_id,
        friend_hint=friend_hint,
        said_to_use=said_to_use,
        at=at,
        lucky=lucky,
    )
