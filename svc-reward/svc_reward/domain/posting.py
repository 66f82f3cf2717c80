"""Decides which transfers of a batch can be booked and what that makes of the balances; it must not book them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One leg as it is booked: the account's ``sequence``-th entry and the balance it leaves."""

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
    standings: dict[AccountName, Standing] = field(default_factory=dict)


def refused(transfer_id: str, error: DomainError) -> Outcome:
    """The outcome of a transfer that could not even be made."""
    return Outcome(transfer_id=transfer_id, result=error.reason, detail=error.detail)


def decide(
    batch: Iterable[Transfer | Outcome],
    *,
    standings: Mapping[AccountName, Standing],
    booked: Mapping[str, Booked],
    numbers: Sequence[int],
    now: datetime,
) -> Decision:
    """Goes through the batch in order, each transfer on the balances that those before it left.

    ``standings`` are of every account that exists among those touched, ``booked`` the transfers of the batch that
    stand already, ``numbers`` at least as many as the batch has transfers. An Outcome in the batch is passed through.
    Time never runs backwards on an account: the batch is booked now, or when the latest of the accounts stood.
    """
    # A clock that lags behind another server's must not spoil "the balance as of".
    booked_at = max([now, *(standing.as_of for standing in standings.values())])
    decision = Decision(booked_at=booked_at)
    known = dict(booked)
    free: Iterator[int] = iter(numbers)
    for item in batch:
        if isinstance(item, Outcome):
            decision.outcomes.append(item)
            continue
        digest = item.digest()
        outcome = _replay(item, digest, known) or _refusal(item, standings, decision.standings)
        if outcome is None:
            number = next(free)
            known[item.transfer_id] = Booked(number=number, digest=digest)
            outcome = Outcome(transfer_id=item.transfer_id, result=POSTED, number=number)
            _book(decision, NewTransfer(number=number, transfer=item, digest=digest), standings)
        decision.outcomes.append(outcome)
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


def _refusal(
    transfer: Transfer, before: Mapping[AccountName, Standing], after: Mapping[AccountName, Standing]
) -> Outcome | None:
    for leg in transfer.legs:
        standing = after.get(leg.account) or before.get(leg.account)
        if standing is None:
            return Outcome(
                transfer_id=transfer.transfer_id,
                result=ACCOUNT_UNKNOWN,
                detail=f"{leg.account} is not open; open it first",
            )
        minimum = KIND_RULES[leg.account.kind].minimum
        if leg.amount < 0 and minimum is not None and standing.balance + leg.amount < minimum:
            return Outcome(
                transfer_id=transfer.transfer_id,
                result=INSUFFICIENT_FUNDS,
                detail=f"{leg.account} holds {standing.balance} and would fall below {minimum}; move at most {standing.balance - minimum}",
            )
    return None


def _book(decision: Decision, new: NewTransfer, before: Mapping[AccountName, Standing]) -> None:
    decision.transfers.append(new)
    for position, leg in enumerate(new.transfer.legs, start=1):
        standing = decision.standings.get(leg.account) or before[leg.account]
        standing = replace(
            standing,
            balance=standing.balance + leg.amount,
            entries=standing.entries + 1,
            as_of=decision.booked_at,
        )
        decision.standings[leg.account] = standing
        decision.entries.append(
            Entry(
                transfer=new.number,
                leg=position,
                account=standing.account,
                sequence=standing.entries,
                amount=leg.amount,
                balance_after=standing.balance,
            )
        )
