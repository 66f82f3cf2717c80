"""Lots of points that expire: which a payment takes, first those that expire first; it must not know balances.

What is not in a lot never expires, and is taken last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(slots=True, kw_only=True)
class LotChanges:
    """Lots to be kept, lots of which something was taken, and what is in lots of each account touched."""

    made: list[Lot] = field(default_factory=list)
    taken: list[Lot] = field(default_factory=list)
    totals: dict[int, int] = field(default_factory=dict)


def move_lots(
    booked: Iterable[NewTransfer], *, standings: Mapping[AccountName, Standing], open_lots: Iterable[Lot]
) -> LotChanges:
    """Goes through what was booked, in its order: credits with an end make lots, payments take from them.

    ``open_lots`` are all with something left of every account that pays, and of an account whose lot expires at least
    that one; they are changed in place.
    """
    lots: dict[int, list[Lot]] = {}
    for lot in open_lots:
        lots.setdefault(lot.account, []).append(lot)
    totals = {standing.account: standing.lots for standing in standings.values()}
    touched: set[int] = set()
    made: list[Lot] = []
    taken: dict[int, Lot] = {}
    for new in booked:
        for leg in new.transfer.legs:
            account = standings[leg.account].account
            own = lots.setdefault(account, [])
            if leg.amount < 0:
                for lot, amount in _take(own, -leg.amount, only=new.transfer.expiring_lot):
                    lot.remaining -= amount
                    totals[account] -= amount
                    touched.add(account)
                    if lot.id:
                        taken[lot.id] = lot
            elif new.transfer.expires_at is not None and leg.account.kind in LOT_KINDS:
                lot = Lot(
                    account=account,
                    transfer=new.number,
                    amount=leg.amount,
                    remaining=leg.amount,
                    expires_at=new.transfer.expires_at,
                )
                made.append(lot)
                own.append(lot)
                totals[account] += leg.amount
                touched.add(account)
    return LotChanges(
        made=made, taken=list(taken.values()), totals={account: totals[account] for account in sorted(touched)}
    )


def _take(lots: list[Lot], amount: int, *, only: int) -> list[tuple[Lot, int]]:
    """How much of which lots makes up the amount, or as much of it as is in lots; ``only`` names the one that expires."""
    parts: list[tuple[Lot, int]] = []
    for lot in sorted(lots, key=lambda lot: lot.rank):
        if amount == 0 or (only and lot.id != only):
            continue
        part = min(amount, lot.remaining)
        if part:
            parts.append((lot, part))
            amount -= part
    return parts
