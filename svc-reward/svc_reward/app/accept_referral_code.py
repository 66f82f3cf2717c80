"""A friend accepts a recommendation by the code that was given out; it must not ask who is behind the code."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity
from svc_reward.app.begin_referral import begin_referral
from svc_reward.app.referral_access import require_programme
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.domain.referral import Referral
from svc_reward.store.referrals import find_code


async def accept_referral_code(
    unit: UnitOfWork,
    *,
    identity: Identity,
    code: str,
    friend_id: int,
    friend_hint: str,
    said_to_use: bool,
    at: datetime,
    lucky: LuckyCodes,
) -> Referral:
    """``code`` as it was issued. Raises NotFound REFERRAL_CODE_UNKNOWN, and what ``recommend_friend`` raises."""
    number, referrer_id, issued_at = await require_code(unit, code)
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
        code_issued_at=issued_at,
    )


async def require_code(unit: UnitOfWork, code: str) -> tuple[int, int, datetime]:
    """Programme, referrer and moment of issue. Raises NotFound REFERRAL_CODE_UNKNOWN."""
    issued = await find_code(unit, code)
    if issued is None:
        raise NotFound(reason="REFERRAL_CODE_UNKNOWN", field="code", detail="nobody was given this code")
    return issued
