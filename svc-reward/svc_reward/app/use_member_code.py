"""Lets a partner take a member's code, once, and says what the member saves (RWD-34); it must not say who it is."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.member_discount import Discount, MemberCode
from svc_reward.store.member_discounts import keep_use, lock_code, merchant_discounts

MERCHANTS = ("partner",)


async def use_member_code(
    unit: UnitOfWork, *, identity: Identity, code: str, merchant: str, at: datetime
) -> tuple[MemberCode, Discount]:
    """The used code and the discount.

    Raises PermissionRefused ROLE_MISSING, NotFound MEMBER_CODE_UNKNOWN, and what ``MemberCode.use`` raises.
    """
    require_role(identity, *MERCHANTS)
    shown = await lock_code(unit, code)
    if shown is None:
        raise NotFound(reason="MEMBER_CODE_UNKNOWN", field="code", detail="no member was given this code")
    used, discount = shown.use(merchant, await merchant_discounts(unit, merchant), at)
    await keep_use(unit, used)
    return used, discount
