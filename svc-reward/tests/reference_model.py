"""A ledger as a few lines of plain Python: what the real one is compared with, and random transfers for both."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from svc_reward.domain.account import AccountKind, AccountName, budget_account, issuance_account, subscriber_account
from svc_reward.domain.transfer import Leg, Transfer

CURRENCY_CODES = ("seeds", "m_value")


@dataclass(slots=True)
class ReferenceLedger:
    """Balances and booked legs in two dictionaries."""

    balances: dict[AccountName, int] = field(default_factory=dict)
    booked: dict[str, frozenset[tuple[AccountName, int]]] = field(default_factory=dict)

    def post(self, transfer: Transfer) -> str:
        """Books it, or says why not."""
        legs = frozenset((leg.account, leg.amount) for leg in transfer.legs)
        if transfer.transfer_id in self.booked:
            return "REPLAYED" if self.booked[transfer.transfer_id] == legs else "TRANSFER_CONFLICT"
        for account, amount in ((leg.account, leg.amount) for leg in transfer.legs):
            if account not in self.balances:
                return "ACCOUNT_UNKNOWN"
            if account.kind is not AccountKind.ISSUANCE and amount < 0 and self.balances[account] + amount < 0:
                return "INSUFFICIENT_FUNDS"
        for account, amount in legs:
            self.balances[account] += amount
        self.booked[transfer.transfer_id] = legs
        return "POSTED"


def open_names(scope: str) -> list[AccountName]:
    """The accounts that a run opens; ``scope`` keeps the runs of one database apart."""
    return [
        name
        for currency in CURRENCY_CODES
        for name in (
            issuance_account(currency),
            budget_account(f"{scope}-a", currency),
            budget_account(f"{scope}-b", currency),
            *(subscriber_account(int(scope) * 10 + n, currency) for n in range(1, 4)),
        )
    ]


@st.composite
def transfers(draw: st.DrawFn, scope: str) -> Transfer:
    """A transfer among few accounts with few ids, so that replays, conflicts and empty accounts are common."""
    currency = draw(st.sampled_from(CURRENCY_CODES))
    names = [name for name in open_names(scope) if name.currency == currency]
    names.append(subscriber_account(int(scope) * 10 + 9, currency))  # never opened
    parties = draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))
    amounts = [draw(st.integers(-6, 9).filter(bool)) for _ in parties[1:]]
    if sum(amounts) == 0:
        amounts[0] += 1 if amounts[0] != -1 else 2
    legs = zip(parties, [-sum(amounts), *amounts], strict=True)
    return Transfer(
        transfer_id=f"{scope}:{draw(st.integers(0, 12))}",
        legs=tuple(Leg(account=account, amount=amount) for account, amount in legs),
        reason="random",
    )


def sums(balances: Iterable[tuple[AccountName, int]]) -> dict[str, int]:
    """What the balances of each currency sum to."""
    totals: dict[str, int] = {}
    for name, amount in balances:
        totals[name.currency] = totals.get(name.currency, 0) + amount
    return totals
