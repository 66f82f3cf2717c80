"""Gives a member a code to show at a partner's (RWD-34); it must not say who the member is."""

from collections.abc import Callable
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Unavailable
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.issue_referral_code import TRIES
from svc_reward.app.referral_access import SERVING
from svc_reward.domain import member_discount
from svc_reward.domain.member_discount import MemberCode
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.referral_code import CODE_COUNT, make_referral_code
from svc_reward.store.member_discounts import add_code


async def issue_member_code(
    unit: UnitOfWork,
    *,
    identity: Identity,
    subscriber_id: int,
    tier: MemberTier,
    randoms: Callable[[int], int],
    at: datetime,
) -> MemberCode:
    """A new code, good once and for minutes. Raises PermissionRefused ROLE_MISSING, StateRefused MEMBERSHIP_REQUIRED."""
    require_role(identity, *SERVING)
    for _ in range(TRIES):
        code = make_referral_code(randoms(CODE_COUNT))
        issued = member_discount.issue_member_code(code, subscriber_id=subscriber_id, tier=tier, at=at)
        if await add_code(unit, issued):
            return issued
    raise Unavailable(reason="CODES_EXHAUSTED", detail="no free code was found; try again")
