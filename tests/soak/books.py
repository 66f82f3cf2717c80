"""What the clients of a soak were told, kept beside the ledger: what must stand there and what must not.

It must not look at the ledger; proof.py compares the two.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from carillon.reward.v1 import ledger_pb2

CURRENCY = "music_points"
Account = tuple[int, str]
"""The kind as the protocol numbers it, and the owner."""
Legs = tuple[tuple[Account, int], ...]

ISSUANCE: Account = (ledger_pb2.ACCOUNT_KIND_ISSUANCE, "operator")
REDEEMED: Account = (ledger_pb2.ACCOUNT_KIND_REDEEMED, "operator")
EXPIRED: Account = (ledger_pb2.ACCOUNT_KIND_EXPIRED, "operator")
SHOP: Account = (ledger_pb2.ACCOUNT_KIND_MERCHANT, "shop")
NOBODY: Account = (ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, "4000000000")
"""An account that is never opened."""
# Few enough that clients meet on them all the time, in both directions.
BUDGETS: tuple[Account, ...] = tuple((ledger_pb2.ACCOUNT_KIND_CAMPAIGN_BUDGET, f"campaign-{n}") for n in range(5))
PEOPLE: tuple[Account, ...] = tuple((ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, str(n)) for n in range(1, 61))
PRIZE = "cup"
PRIZE_PRICE = 5
PRIZE_STOCK = 1_000_000_000
FUNDS = 10**9


def name_of(account: Account) -> ledger_pb2.AccountName:
    """The account as the wire names it."""
    return ledger_pb2.AccountName(
        kind=ledger_pb2.AccountKind.ValueType(account[0]), owner=account[1], currency=CURRENCY
    )


def message_of(transfer_id: str, legs: Legs, *, validity: str = "") -> ledger_pb2.Transfer:
    """The transfer as the wire has it."""
    return ledger_pb2.Transfer(
        transfer_id=transfer_id,
        legs=[ledger_pb2.Leg(account=name_of(account), amount=amount) for account, amount in legs],
        reason="soak",
        validity=validity,
    )


@dataclass(slots=True, kw_only=True)
class Books:
    """All clients' answers together; ``stood`` are the transfers that stand for ever, each booked into ``amounts`` once."""

    amounts: Counter[Account] = field(default_factory=Counter)
    stood: set[str] = field(default_factory=set)
    captures: int = 0
    reversals: int = 0
    redemptions: Counter[str] = field(default_factory=Counter)
    """How many are booked, cancelled, fulfilled."""
    pieces: int = 0
    """Of the prize, promised or handed over."""
    operations: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    """Calls that were sent again since the service or its database had gone."""
    surprises: list[str] = field(default_factory=list)
    """Answers that nobody should ever get: deadlocks, internal errors, a replay of what never stood."""

    def book(self, legs: Legs) -> None:
        """What the ledger says it did."""
        for account, amount in legs:
            self.amounts[account] += amount

    def stand(self, transfer_id: str, legs: Legs) -> None:
        """A transfer that stands, by this answer or an earlier one."""
        if transfer_id not in self.stood:
            self.stood.add(transfer_id)
            self.book(legs)

    def told(self, operation: str, outcome: str) -> None:
        """One operation has its final answer."""
        self.operations += 1
        self.outcomes[f"{operation}: {outcome}"] += 1


@dataclass(slots=True, kw_only=True)
class Names:
    """Names that no other client draws."""

    client: int
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def draw(self, what: str) -> str:
        """The next one."""
        return f"{what}:{self.client}:{next(self.numbers)}"


def opening() -> list[ledger_pb2.AccountName]:
    """The accounts that a soak opens."""
    return [name_of(account) for account in (ISSUANCE, REDEEMED, SHOP, *BUDGETS, *PEOPLE)]
