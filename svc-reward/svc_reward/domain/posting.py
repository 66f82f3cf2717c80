"""Decides which transfers of a batch can be booked and what that makes of the balances; it must not book them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from carillon_chassis.errors import DomainError
from svc_reward.domain.account import KIND_RULES, AccountKind, AccountName
from svc_reward.domain.budget import BudgetLevel, reached_percent
from svc_reward.domain.transfer import Transfer

POSTED = "POSTED"
REPLAYED = "REPLAYED"
INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
TRANSFER_CONFLICT = "TRANSFER_CONFLICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account stands: its balance after ``entries`` entries, the last of them booked at ``as_of``.

    ``held`` of the balance is promised by holds and can't be spent. A campaign's budget was given ``funded`` in all,
    and ``told`` is the highest share of it, in percent, whose spending was told. ``lots`` of the balance expire.
    """

    account: int
    balance: int
    entries: int
    as_of: datetime
    held: int = 0
    funded: int = 0
    told: int = 0
    lots: int = 0


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
    """Outcomes in the order of the batch, what is to be booked, the standings it leaves, and budgets to be told of."""

    booked_at: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    transfers: list[NewTransfer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    reached: list[BudgetLevel] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    """An account while the batch goes through it."""

    account: int
    minimum: int | None
    balance: int
    entries: int
    held: int
    funded: int
    told: int
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
        name: _Running(
            standing.account,
            KIND_RULES[name.kind].minimum,
            standing.balance,
            standing.entries,
            standing.held,
            standing.funded,
            standing.told,
        )
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
    decision.reached = [level for name, one in running.items() if one.touched and (level := _level(name, one))]
    decision.standings = [
        Standing(
            account=one.account,
            balance=one.balance,
            entries=one.entries,
            as_of=decision.booked_at,
            held=one.held,
            funded=one.funded,
            told=one.told,
        )
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
        if leg.amount < 0 and one.minimum is not None and one.balance - one.held + leg.amount < one.minimum:
            return Outcome(
                transfer_id=transfer.transfer_id,
                result=INSUFFICIENT_FUNDS,
                detail=f"{leg.account} has {one.balance}, {one.held} of it held, and would fall below {one.minimum}",
            )
    return None


def _book(decision: Decision, new: NewTransfer, running: Mapping[AccountName, _Running]) -> None:
    decision.transfers.append(new)
    for position, leg in enumerate(new.transfer.legs, start=1):
        one = running[leg.account]
        one.balance += leg.amount
        one.entries += 1
        one.touched = True
        if leg.amount > 0 and leg.account.kind is AccountKind.CAMPAIGN_BUDGET and _is_issued(new.transfer):
            one.funded += leg.amount
        decision.entries.append(Entry(new.number, position, one.account, one.entries, leg.amount, one.balance))


def _is_issued(transfer: Transfer) -> bool:
    """Whether new points come with it; what a reversal gives back is none."""
    return any(leg.account.kind is AccountKind.ISSUANCE for leg in transfer.legs)


def _level(name: AccountName, one: _Running) -> BudgetLevel | None:
    """The share of a campaign's budget that is spent now and was not told before, if any."""
    if name.kind is not AccountKind.CAMPAIGN_BUDGET:
        return None
    percent = reached_percent(funded=one.funded, left=one.balance)
    if percent <= one.told:
        return None
    one.told = percent
    return BudgetLevel(
        campaign_id=name.owner, currency=name.currency, percent=percent, funded=one.funded, left=one.balance
    )
