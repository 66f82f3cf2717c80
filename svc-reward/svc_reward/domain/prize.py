"""Prizes of the catalogue: what they are, what they cost, who may have them and when; it must not know their stock."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.currency import check_currency
from svc_reward.domain.membership import MemberTier, require_tier

CODE_PATTERN = "^[A-Za-z0-9._-]{1,64}$"
MAX_NAME_LENGTH = 120
# A leg of a transfer bears a hundred pieces at this price.
MAX_PRICE = 1_000_000_000
MAX_QUANTITY = 100
# Ten years; a voucher that lives longer is a debt that nobody plans for.
MAX_VOUCHER_DAYS = 3650
# Prizes are exchanged for points. What counts in fen is money, and the shop sells nothing for money.
MONEY_CURRENCIES = frozenset({"phone_credit_fen", "commission_fen"})


class PrizeKind(StrEnum):
    """What a prize is (RWD-04, RWD-22, RWD-29, RWD-32)."""

    PHONE_CREDIT = "phone_credit"
    VOUCHER = "voucher"
    PHYSICAL_GIFT = "physical_gift"
    TICKET = "ticket"
    MEMBER_GIFT = "member_gift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prize:
    """One prize; ``price`` is in points of ``currency`` for a piece. Raises InvalidInput PRIZE_INVALID."""

    code: str
    name: str
    kind: PrizeKind
    currency: str
    price: int
    lowest_tier: MemberTier
    valid_from: datetime
    valid_until: datetime
    voucher_days: int = 0

    def __post_init__(self) -> None:
        check_currency(self.currency)
        if re.fullmatch(CODE_PATTERN, self.code) is None:
            raise _invalid("code", "a prize's code has 1 to 64 letters, digits, dots, dashes or underscores")
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable() or not self.name.strip():
            raise _invalid("name", f"a prize's name has 1 to {MAX_NAME_LENGTH} printable characters")
        if self.currency in MONEY_CURRENCIES:
            raise _invalid("currency", f"prizes are exchanged for points, not for {self.currency}")
        if not 1 <= self.price <= MAX_PRICE:
            raise _invalid("price", f"a prize costs 1 to {MAX_PRICE} points, not {self.price}")
        if self.valid_until <= self.valid_from:
            raise _invalid("valid_until", "a prize is valid until a moment after valid_from")
        if self.kind is PrizeKind.MEMBER_GIFT and self.lowest_tier is MemberTier.NON_MEMBER:
            raise _invalid("lowest_tier", "a member gift is for members: ordinary or premium")
        lowest_days = 1 if self.kind is PrizeKind.VOUCHER else 0
        highest_days = MAX_VOUCHER_DAYS if self.kind is PrizeKind.VOUCHER else 0
        if not lowest_days <= self.voucher_days <= highest_days:
            raise _invalid(
                "voucher_days", f"vouchers alone have days, 1 to {MAX_VOUCHER_DAYS}; {self.kind} can't have these"
            )

    def require_redeemable(self, tier: MemberTier, at: datetime) -> None:
        """Raises StateRefused PRIZE_NOT_VALID or MEMBERSHIP_REQUIRED."""
        if not self.valid_from <= at < self.valid_until:
            when = "yet" if at < self.valid_from else "any more"
            raise StateRefused(
                reason="PRIZE_NOT_VALID",
                field="prize",
                detail=f"this prize can't be redeemed {when}: it is valid from {self.valid_from.isoformat()} until {self.valid_until.isoformat()}",
            )
        require_tier(tier, self.lowest_tier)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="PRIZE_INVALID", field=field, detail=detail)
