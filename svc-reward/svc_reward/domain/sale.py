"""A flash sale: when it is open, how long an unpaid claim is held, what pays it; it must not know its stock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.currency import check_currency
from svc_reward.domain.prize import MAX_NAME_LENGTH, MAX_PRICE, MONEY_CURRENCIES

# A hold that outlives a day keeps from others what nobody buys.
MAX_HOLD_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One piece for each person, while there are any; without a currency the payment is made elsewhere and confirmed.

    Raises InvalidInput SALE_INVALID or CURRENCY_UNKNOWN.
    """

    id: UUID
    name: str
    opens_at: datetime
    closes_at: datetime
    hold_seconds: int
    currency: str = ""
    price: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable() or not self.name.strip():
            raise _invalid("name", f"a sale's name has 1 to {MAX_NAME_LENGTH} printable characters")
        if self.closes_at <= self.opens_at:
            raise _invalid("closes_at", "a sale closes after it has opened")
        if not 1 <= self.hold_seconds <= MAX_HOLD_SECONDS:
            raise _invalid("hold_seconds", f"an unpaid claim is held 1 to {MAX_HOLD_SECONDS} seconds")
        if self.currency:
            check_currency(self.currency)
        if self.currency in MONEY_CURRENCIES:
            raise _invalid("currency", "a sale is paid in points, or elsewhere without a currency here")
        if not (1 if self.currency else 0) <= self.price <= (MAX_PRICE if self.currency else 0):
            raise _invalid("price", f"a sale for points costs 1 to {MAX_PRICE} of them, one paid elsewhere none here")

    @property
    def hold(self) -> timedelta:
        """How long an unpaid claim is held."""
        return timedelta(seconds=self.hold_seconds)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="SALE_INVALID", field=field, detail=detail)
