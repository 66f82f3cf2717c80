"""Decides which transfers of a batch can be booked and what that makes of the balances; it must not book them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from carillon_chassis.errors import DomainError
from svc_reward.domain.account import KIND_RULES, AccountName
from svc_reward.domain.transfer import Transfer

POSTED = "POSTED"
REPLAYED = "REPLAYED"
INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
TRANSFER_CONFLICT = "TRANSFER_CONFLICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account stands: its balance after ``entries`` entries, the last of them booked at ``as_of``."""

    account: int
    balance: int
    entries: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A transfer that stands in the ledger."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one transfer: POSTED, REPLAYED, or the reason why nothing of it was booked."""

    transfer_id: str
    result: str
    number: int = 0
    detail: str = ""

    @property
    def stands(self) -> bool:
        """Whether the transfer is in the ledger, by this call or an earlier one."""
        return self.number != 0


class Entry(NamedTuple):
    """One leg as it is booked: the account's ``sequence``-th entry and the balance it leaves.

    A tuple, since tens of thousands are made a second and go into the database column by column.
    """

    transfer: int
    leg: int
    account: int
    sequence: int
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """A transfer to be booked under its number."""

    number: int
    transfer: Transfer
    digest: bytes


@dataclass(slots=True, kw_only=True)
class Decision:
    """Outcomes in the order of the batch, what is to be booked, and the standings that it leaves."""

    booked_at: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    transfers: list[NewTransfer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    """An account while the batch goes through it."""

    account: int
    minimum: int | None
    balance: int
    entries: int
    touched: bool = False


def refused(transfer_id: str, error: DomainError) -> Outcome:
    """The outcome of a transfer that could not even be made."""
    return Outcome(transfer_id=transfer_id, result=error.reason, detail=error.detail)


def decide(
    batch: Iterable[Transfer | Outcome],
    *,
    standings: Mapping[AccountName, Standing],
    booked: Mapping[str, Booked],
    numbers: Iterable[int],
    now: datetime,
) -> Decision:
    """Goes through the batch in order, each transfer on the balances that those before it left.

    ``standings`` are of every account that exists among those touched, ``booked`` the transfers of the batch that
    stand already, ``numbers`` at least as many as the batch has transfers. An Outcome in the batch is passed through.
    Time never runs backwards on an account: the batch is booked now, or when the latest of the accounts stood.
    """
    # A clock that lags behind another server's must not spoil "the balance as of".
    decision = Decision(booked_at=max([now, *(standing.as_of for standing in standings.values())]))
    running = {
        name: _Running(standing.account, KIND_RULES[name.kind].minimum, standing.balance, standing.entries)
        for name, standing in standings.items()
    }
    known = dict(booked)
    free = iter(numbers)
    for item in batch:
        if isinstance(item, Outcome):
            decision.outcomes.append(item)
            continue
        digest = item.digest()
        outcome = _replay(item, digest, known) or _refusal(item, running)
        if outcome is None:
            new = NewTransfer(number=next(free), transfer=item, digest=digest)
            known[item.transfer_id] = Booked(number=new.number, digest=digest)
            _book(decision, new, running)
            outcome = Outcome(transfer_id=item.transfer_id, result=POSTED, number=new.number)
        decision.outcomes.append(outcome)
    decision.standings = [
        Standing(account=one.account, balance=one.balance, entries=one.entries, as_of=decision.booked_at)
        for one in running.values()
        if one.touched
    ]
    return decision


def _replay(transfer: Transfer, digest: bytes, known: Mapping[str, Booked]) -> Outcome | None:
    first = known.get(transfer.transfer_id)
    if first is None:
        return None
    if first.digest == digest:
        return Outcome(transfer_id=transfer.transfer_id, result=REPLAYED, number=first.number)
    return Outcome(
        transfer_id=transfer.transfer_id,
        result=TRANSFER_CONFLICT,
        detail=f"this id stands with other legs, as transfer {first.number}; take another id",
    )


def _refusal(transfer: Transfer, running: Mapping[AccountName, _Running]) -> Outcome | None:
    for leg in transfer.legs:
        one = running.get(leg.account)
        if one is None:
            return Outcome(
                transfer_id=transfer.transfer_id,
                result=ACCOUNT_UNKNOWN,
                detail=f"{leg.account} is not open; open it first",
            )
        if leg.amount < 0 and one.minimum is not None and one.balance + leg.amount < one.minimum:
            return Outcome(
                transfer_id=transfer.transfer_id,
                result=INSUFFICIENT_FUNDS,
                detail=f"{leg.account} holds {one.balance} and would fall below {one.minimum}",
            )
    return None


def _book(decision: Decision, new: NewTransfer, running: Mapping[AccountName, _Running]) -> None:
    decision.transfers.append(new)
    for position, leg in enumerate(new.transfer.legs, start=1):
        one = running[leg.account]
        one.balance += leg.amount
        one.entries += 1
        one.touched = True
        decision.entries.append(Entry(new.number, position, one.account, one.entries, leg.amount, one.balance))
