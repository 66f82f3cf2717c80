"""Lots of points that expire: which a payment takes, first those that expire first; it must not know balances.

What is not in a lot never expires, and is taken last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.posting import NewTransfer, Standing

# Who collects points; what passes through other accounts keeps no date.
LOT_KINDS = frozenset({AccountKind.SUBSCRIBER, AccountKind.STAFF, AccountKind.OUTLET})


@dataclass(slots=True, kw_only=True)
class Lot:
    """What is left of a credit that expires; ``id`` 0 is one that is not kept yet."""

    account: int
    transfer: int
    amount: int
    remaining: int
    expires_at: datetime
    id: int = 0

    @property
    def rank(self) -> tuple[datetime, int]:
        """Who is lower is taken first."""
        return self.expires_at, self.transfer


class LotUse(NamedTuple):
    """How much a transfer took of an account's points that expire at that moment, for when it is undone."""

    transfer: int
    account: int
    expires_at: datetime
    amount: int


@dataclass(slots=True, kw_only=True)
class LotChanges:
    """Lots to be kept, lots of which something was taken and by whom, and what is in lots of each account touched."""

    made: list[Lot] = field(default_factory=list)
    taken: list[Lot] = field(default_factory=list)
    uses: list[LotUse] = field(default_factory=list)
    totals: dict[int, int] = field(default_factory=dict)


def move_lots(
    booked: Iterable[NewTransfer],
    *,
    standings: Mapping[AccountName, Standing],
    open_lots: Iterable[Lot],
    undone: Iterable[LotUse] = (),
) -> LotChanges:
    """Goes through what was booked, in its order: credits with an end make lots, payments take from them.

    ``open_lots`` are all with something left of every account that pays, and of an account whose lot expires at least
    that one; they are changed in place. ``undone`` is what transfers took that are undone now: it comes back in lots
    with the ends it had.
    """
    shelf = _Shelf(open_lots, undone, {standing.account: standing.lots for standing in standings.values()})
    for new in booked:
        for leg in new.transfer.legs:
            account = standings[leg.account].account
            if leg.amount < 0:
                shelf.take(new, account, -leg.amount)
            elif new.transfer.undoes:
                shelf.give_back(new, account)
            elif new.transfer.expires_at is not None and leg.account.kind in LOT_KINDS:
                shelf.put(new, account, leg.amount, new.transfer.expires_at)
    return shelf.changes()


class _Shelf:
    """All lots while a batch goes through them."""

    def __init__(self, open_lots: Iterable[Lot], undone: Iterable[LotUse], totals: dict[int, int]) -> None:
        self._lots: dict[int, list[Lot]] = {}
        for lot in open_lots:
            self._lots.setdefault(lot.account, []).append(lot)
        self._undone = list(undone)
        self._totals = totals
        self._touched: set[int] = set()
        self._made: list[Lot] = []
        self._taken: dict[int, Lot] = {}
        self._uses: dict[tuple[int, int, datetime], int] = {}

    def put(self, new: NewTransfer, account: int, amount: int, expires_at: datetime) -> None:
        lot = Lot(account=account, transfer=new.number, amount=amount, remaining=amount, expires_at=expires_at)
        self._made.append(lot)
        self._lots.setdefault(account, []).append(lot)
        self._add(account, amount)

    def give_back(self, new: NewTransfer, account: int) -> None:
        for use in self._undone:
            if (use.transfer, use.account) == (new.transfer.undoes, account):
                self.put(new, account, use.amount, use.expires_at)

    def take(self, new: NewTransfer, account: int, amount: int) -> None:
        only = new.transfer.expiring_lot
        for lot, part in _parts(self._lots.get(account, ()), amount, only=only, first=new.transfer.undoes):
            lot.remaining -= part
            self._add(account, -part)
            if lot.id:
                self._taken[lot.id] = lot
            if not only:
                key = (new.number, account, lot.expires_at)
                self._uses[key] = self._uses.get(key, 0) + part

    def changes(self) -> LotChanges:
        return LotChanges(
            made=self._made,
            taken=list(self._taken.values()),
            uses=[LotUse(*key, amount) for key, amount in self._uses.items()],
            totals={account: self._totals[account] for account in sorted(self._touched)},
        )

    def _add(self, account: int, amount: int) -> None:
        self._totals[account] += amount
        self._touched.add(account)


def _parts(lots: Sequence[Lot], amount: int, *, only: int, first: int) -> list[tuple[Lot, int]]:
    """How much of which lots makes up the amount, or as much of it as is in lots.

    ``only`` names the one that expires, ``first`` the transfer that is undone, whose own lot goes before all others.
    """
    parts: list[tuple[Lot, int]] = []
    for lot in sorted(lots, key=lambda lot: (lot.transfer != first, lot.rank)):
        if amount == 0 or (only and lot.id != only):
            continue
        part = min(amount, lot.remaining)
        if part:
            parts.append((lot, part))
            amount -= part
    return parts
