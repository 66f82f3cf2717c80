"""Points that a subscriber gives to a friend; it must not give them a longer life than they had (RWD-41)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import AccountName, subscriber_account
from svc_reward.domain.currency import CURRENCIES
from svc_reward.domain.lot import Lot
from svc_reward.domain.transfer import Transfer, move

# Staff's points and commission are earned by work, and money goes through the recharge adapter with its checks.
GIFT_CURRENCIES = frozenset(CURRENCIES) - {"competition_points", "commission_fen", "phone_credit_fen"}
# A gift among friends; who moves more trades.
MAX_GIFT = 10_000
MAX_GIFTS_A_DAY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """``amount`` of one currency from giver to friend. Raises InvalidInput GIFT_INVALID."""

    id: UUID
    giver_id: int
    friend_id: int
    currency: str
    amount: int
    given_at: datetime

    def __post_init__(self) -> None:
        if self.giver_id == self.friend_id:
            raise _invalid("friend", "a gift is for somebody else")
        if self.currency not in GIFT_CURRENCIES:
            raise _invalid("currency", f"gifts are made in {', '.join(sorted(GIFT_CURRENCIES))}")
        if not 1 <= self.amount <= MAX_GIFT:
            raise _invalid("amount", f"a gift is 1 to {MAX_GIFT} points, not {self.amount}")

    @property
    def accounts(self) -> tuple[AccountName, AccountName]:
        """Where it comes from and where it goes: the same currency, since there is no conversion (A-23)."""
        return subscriber_account(self.giver_id, self.currency), subscriber_account(self.friend_id, self.currency)

    def transfers(self, open_lots: Iterable[Lot]) -> list[Transfer]:
        """One for each lot of the giver's that it takes from, so that the friend's points end when the giver's would.

        ``gift:<id>:<n>``, in the order in which the ledger takes lots: those that expire first, then what never does.
        """
        made: list[Transfer] = []
        left = self.amount
        for lot in sorted(open_lots, key=lambda lot: lot.rank):
            taken = min(left, lot.remaining)
            if taken:
                made.append(replace(self._move(len(made) + 1, taken), expires_at=lot.expires_at))
            left -= taken
        return [*made, self._move(len(made) + 1, left)] if left else made

    def _move(self, part: int, amount: int) -> Transfer:
        giver, friend = self.accounts
        return move(f"gift:{self.id}:{part}", source=giver, target=friend, amount=amount, reason="gift to a friend")


def require_gift_left(counted: bool) -> None:
    """Raises StateRefused GIFT_LIMIT when the day's gifts are all made."""
    if not counted:
        raise StateRefused(
            reason="GIFT_LIMIT", field="msisdn", detail=f"a subscriber makes at most {MAX_GIFTS_A_DAY} gifts a day"
        )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="GIFT_INVALID", field=field, detail=detail)
