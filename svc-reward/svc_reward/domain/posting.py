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


class Standing(NamedTuple):
    """Where an account stands: its balance after ``entries`` entries, the last of them booked at ``as_of``.

    ``held`` of the balance is promised by holds and can't be spent. A campaign's budget was given ``funded`` in all,
    and ``told`` is the highest share of it, in percent, whose spending was told. ``lots`` of the balance expire.

    This and what follows are tuples, since tens of thousands are made a second.
    """

    account: int
    balance: int
    entries: int
    as_of: datetime
    held: int = 0
    funded: int = 0
    told: int = 0
    lots: int = 0


class Booked(NamedTuple):
    """A transfer that stands in the ledger."""

    number: int
    digest: bytes


class Outcome(NamedTuple):
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
    """One leg as it is booked: the account's ``sequence``-th entry and the balance it leaves."""

    transfer: int
    leg: int
    account: int
    sequence: int
    amount: int
    balance_after: int


class NewTransfer(NamedTuple):
    """A transfer to be booked under its number."""

    number: int
    transfer: Transfer


@dataclass(slots=True, kw_only=True)
class Decision:
    """Outcomes in the order of the batch, and what is to be booked.

    ``budgets`` are where those stand then that were given more or of which more is told, ``reached`` what is told.
    """

    booked_at: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    transfers: list[NewTransfer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    budgets: list[Standing] = field(default_factory=list)
    reached: list[BudgetLevel] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    """An account while the batch goes through it."""

    name: AccountName
    account: int
    minimum: int | None
    is_budget: bool
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
    booked_at = max([now, *(standing.as_of for standing in standings.values())])
    decision = Decision(booked_at=booked_at)
    running = {name: _run(name, standing) for name, standing in standings.items()}
    known = dict(booked)
    free = iter(numbers)
    for item in batch:
        if isinstance(item, Outcome):
            decision.outcomes.append(item)
            continue
        first = known.get(item.transfer_id)
        if first is not None:
            decision.outcomes.append(_repeat(item, first))
            continue
        parties = _find_parties(item, running)
        if isinstance(parties, Outcome):
            decision.outcomes.append(parties)
            continue
        new = NewTransfer(next(free), item)
        known[item.transfer_id] = Booked(new.number, item.digest)
        _book(decision, new, parties)
        decision.outcomes.append(Outcome(item.transfer_id, POSTED, new.number))
    budgets = [one for one in running.values() if one.is_budget and one.touched]
    decision.reached = [level for one in budgets if (level := _level(one))]
    for one in budgets:
        before = standings[one.name]
        if (one.funded, one.told) != (before.funded, before.told):
            decision.budgets.append(
                Standing(one.account, one.balance, one.entries, booked_at, one.held, one.funded, one.told, before.lots)
            )
    return decision


def _run(name: AccountName, standing: Standing) -> _Running:
    return _Running(
        name,
        standing.account,
        KIND_RULES[name.kind].minimum,
        name.kind is AccountKind.CAMPAIGN_BUDGET,
        standing.balance,
        standing.entries,
        standing.held,
        standing.funded,
        standing.told,
    )


def _repeat(transfer: Transfer, first: Booked) -> Outcome:
    """The outcome of an id that stands."""
    if first.digest == transfer.digest:
        return Outcome(transfer.transfer_id, REPLAYED, first.number)
    return Outcome(
        transfer_id=transfer.transfer_id,
        result=TRANSFER_CONFLICT,
        detail=f"this id stands with other legs, as transfer {first.number}; take another id",
    )


def _find_parties(transfer: Transfer, running: Mapping[AccountName, _Running]) -> list[_Running] | Outcome:
    """The accounts of its legs, in their order, or why it can't be booked on what stands there."""
    parties = []
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
        parties.append(one)
    return parties


def _book(decision: Decision, new: NewTransfer, parties: Iterable[_Running]) -> None:
    decision.transfers.append(new)
    for position, (leg, one) in enumerate(zip(new.transfer.legs, parties, strict=True), start=1):
        amount = leg.amount
        one.balance += amount
        one.entries += 1
        one.touched = True
        if one.is_budget and amount > 0 and _is_issued(new.transfer):
            one.funded += amount
        decision.entries.append(Entry(new.number, position, one.account, one.entries, amount, one.balance))


def _is_issued(transfer: Transfer) -> bool:
    """Whether new points come with it; what a reversal gives back is none."""
    return any(leg.account.kind is AccountKind.ISSUANCE for leg in transfer.legs)


def _level(one: _Running) -> BudgetLevel | None:
    """The share of a campaign's budget that is spent now and was not told before, if any."""
    percent = reached_percent(funded=one.funded, left=one.balance)
    if percent <= one.told:
        return None
    one.told = percent
    return BudgetLevel(
        campaign_id=one.name.owner, currency=one.name.currency, percent=percent, funded=one.funded, left=one.balance
    )
