"""What members save at alliance partners and the codes that prove membership there (RWD-34); it must not know who pays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.membership import MemberTier, require_tier

# From the screen to the counter; a picture of a code is worth nothing afterwards.
CODE_LIFE = timedelta(minutes=10)
MAX_NAME_LENGTH = 120
MAX_PERCENT = 100
_MERCHANT = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """``percent_off`` at one merchant for members of ``lowest_tier`` and above, in [from, to). Raises DISCOUNT_INVALID."""

    merchant: str
    name: str
    percent_off: int
    lowest_tier: MemberTier
    valid_from: datetime
    valid_to: datetime
    made_by: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        if _MERCHANT.fullmatch(self.merchant) is None:
            raise _invalid("merchant", "a merchant has 1 to 64 letters, digits, dots, dashes or underscores")
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable():
            raise _invalid("name", f"a name has 1 to {MAX_NAME_LENGTH} printable characters")
        if not 1 <= self.percent_off <= MAX_PERCENT:
            raise _invalid("percent_off", f"a discount is 1 to {MAX_PERCENT} percent")
        if self.lowest_tier is MemberTier.NON_MEMBER:
            raise _invalid("lowest_tier", "a discount for everybody is no right of members")
        if self.valid_to <= self.valid_from:
            raise _invalid("valid_to", "a discount ends after it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCode:
    """What a member shows; it says what they were when it was issued."""

    code: str
    subscriber_id: int
    tier: MemberTier
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    merchant: str = ""
    discount: int = 0

    def use(self, merchant: str, discounts: Iterable[Discount], at: datetime) -> tuple["MemberCode", Discount]:
        """The used code and the best of the merchant's discounts.

        Raises StateRefused MEMBER_CODE_USED, MEMBER_CODE_EXPIRED, or NO_DISCOUNT, which leaves the code as it is.
        """
        if self.used_at is not None:
            raise StateRefused(
                reason="MEMBER_CODE_USED",
                field="code",
                detail=f"this code was used at {self.used_at.isoformat()}; the member can show a new one",
            )
        if at >= self.expires_at:
            raise StateRefused(
                reason="MEMBER_CODE_EXPIRED", field="code", detail="this code is too old; the member can show a new one"
            )
        fitting = [
            one
            for one in discounts
            if one.merchant == merchant and one.valid_from <= at < one.valid_to and self.tier.covers(one.lowest_tier)
        ]
        best = max(fitting, key=lambda one: (one.percent_off, -one.number), default=None)
        if best is None:
            raise StateRefused(
                reason="NO_DISCOUNT", field="merchant", detail=f"{merchant} gives {self.tier} members nothing today"
            )
        return replace(self, used_at=at, merchant=merchant, discount=best.number), best


def issue_member_code(code: str, *, subscriber_id: int, tier: MemberTier, at: datetime) -> MemberCode:
    """Raises StateRefused MEMBERSHIP_REQUIRED for who is no member."""
    require_tier(tier, MemberTier.ORDINARY)
    return MemberCode(code=code, subscriber_id=subscriber_id, tier=tier, issued_at=at, expires_at=at + CODE_LIFE)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="DISCOUNT_INVALID", field=field, detail=detail)
