"""Balances, and the trial balance that says at a glance whether the ledger is sound; it must not repair anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an owner holds in one currency, in its whole units; ``held`` of it can't be spent at present."""

    currency: str
    amount: int
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTotal:
    """One currency over all accounts: the sum of its entries, and who holds what was issued, in whole units."""

    currency: str
    total: int
    issued: int
    held_by_campaigns: int
    held_by_subscribers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """Every currency, and how much the ledger holds."""

    totals: tuple[CurrencyTotal, ...]
    transfers: int
    entries: int
