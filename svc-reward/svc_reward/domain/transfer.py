"""A transfer and its legs, which check themselves; it must not know whether the accounts exist or can pay."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountName

# What one account gets another gives.
MIN_LEGS = 2
# A transfer is an agreement of few parties; a wider one is several transfers.
MAX_LEGS = 100
# Ten thousand full legs still fit a 64-bit balance many times over.
MAX_LEG_AMOUNT = 10**12
MAX_TRANSFER_ID_LENGTH = 200
MAX_REASON_LENGTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one account gets (positive) or gives (negative), in whole units. Raises InvalidInput AMOUNT_INVALID."""

    account: AccountName
    amount: int

    def __post_init__(self) -> None:
        if self.amount == 0 or abs(self.amount) > MAX_LEG_AMOUNT:
            raise InvalidInput(
                reason="AMOUNT_INVALID",
                field="amount",
                detail=f"a leg moves between 1 and {MAX_LEG_AMOUNT} units, not {self.amount}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Two or more legs of one currency that sum to zero, each account once; all are booked or none.

    Raises InvalidInput UNBALANCED, CURRENCY_MIXED or TRANSFER_INVALID.
    """

    transfer_id: str
    legs: tuple[Leg, ...]
    reason: str
    expires_at: datetime | None = None
    """When the points it brings are gone, if ever; a replay's does not count."""
    expiring_lot: int = 0
    """The one lot that it takes back, of points whose time is over."""
    undoes: int = 0
    """The number of the transfer that it undoes: it takes that one's lot first, and gives back the lots that one took."""
    digest: bytes = field(init=False, repr=False, compare=False)
    """32 bytes that are equal for the same legs in any order; the reason is words and does not count."""

    def __post_init__(self) -> None:
        _check_text("transfer_id", self.transfer_id, MAX_TRANSFER_ID_LENGTH)
        _check_text("reason", self.reason, MAX_REASON_LENGTH)
        if len(self.legs) != MIN_LEGS or not _is_plain(*self.legs):
            self._check_legs()
        # Made with the transfer, so that nobody's accounts are held while it is computed.
        lines = [f"{leg.account.text} {leg.amount}" for leg in self.legs]
        lines.sort()
        object.__setattr__(self, "digest", hashlib.sha256("\n".join(lines).encode()).digest())

    def _check_legs(self) -> None:
        if not MIN_LEGS <= len(self.legs) <= MAX_LEGS:
            raise _invalid("legs", f"a transfer has {MIN_LEGS} to {MAX_LEGS} legs, not {len(self.legs)}")
        currency = self.legs[0].account.currency
        total = 0
        for leg in self.legs:
            total += leg.amount
            if leg.account.currency != currency:
                raise InvalidInput(
                    reason="CURRENCY_MIXED",
                    field="legs",
                    detail=f"one transfer moves one currency, not {currency} and {leg.account.currency}; there is no conversion",
                )
        if total != 0:
            raise InvalidInput(
                reason="UNBALANCED", field="legs", detail=f"the legs sum to {total}; credits must equal debits"
            )
        if len({leg.account for leg in self.legs}) != len(self.legs):
            raise _invalid("legs", "an account stands in a transfer once; net its legs into one")

    @property
    def currency(self) -> str:
        """The one currency of all legs."""
        return self.legs[0].account.currency


def move(transfer_id: str, *, source: AccountName, target: AccountName, amount: int, reason: str) -> Transfer:
    """The commonest transfer: ``amount`` from one account to another."""
    return Transfer(
        transfer_id=transfer_id,
        legs=(Leg(account=source, amount=-amount), Leg(account=target, amount=amount)),
        reason=reason,
    )


def expire(lot: int, *, source: AccountName, target: AccountName, amount: int) -> Transfer:
    """What takes back the rest of a lot."""
    return Transfer(
        transfer_id=f"expire:{lot}",
        legs=(Leg(account=source, amount=-amount), Leg(account=target, amount=amount)),
        reason="expired",
        expiring_lot=lot,
    )


def accounts_of(transfers: Iterable[Transfer]) -> list[AccountName]:
    """Every account that the transfers touch, once."""
    return list(dict.fromkeys(leg.account for transfer in transfers for leg in transfer.legs))


def _is_plain(one: Leg, other: Leg) -> bool:
    """Whether two legs make a transfer; most have no more, and are looked at tens of thousands a second."""
    return (
        one.amount + other.amount == 0
        and one.account.currency == other.account.currency
        and one.account != other.account
    )


def _check_text(field: str, text: str, longest: int) -> None:
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise _invalid(field, f"the {field} of a transfer has 1 to {longest} printable characters")


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="TRANSFER_INVALID", field=field, detail=detail)
