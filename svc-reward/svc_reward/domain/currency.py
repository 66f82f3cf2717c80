"""The reward currencies; nothing here or elsewhere may convert one into another (A-23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """One currency: whole units only, so its amounts are integers."""

    code: str
    unit: str
    meaning: str


CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {
        currency.code: currency
        for currency in (
            Currency(code="experience_points", unit="point", meaning="for trying and ordering services (RWD-25)"),
            Currency(
                code="competition_points", unit="point", meaning="for staff who recommend, not customers (RWD-10)"
            ),
            Currency(code="campus_points", unit="point", meaning="for ordering, using, selling, recommending (RWD-22)"),
            Currency(code="music_points", unit="point", meaning="of premium members, by buying music (RWD-29)"),
            Currency(code="fetion_points", unit="point", meaning="of Fetion users, with medals (RWD-28)"),
            Currency(code="m_value", unit="M", meaning="of M-Zone, exchanged in its own shop (RWD-33)"),
            Currency(code="seeds", unit="seed", meaning="earned by downloads, spent in the MM game (RWD-05)"),
            Currency(code="phone_credit_fen", unit="fen", meaning="phone credit, in fen (RWD-04)"),
            Currency(code="commission_fen", unit="fen", meaning="what affiliates and outlets earn, in fen (RWD-11)"),
        )
    }
)


def check_currency(code: str) -> None:
    """Raises InvalidInput CURRENCY_UNKNOWN for a code that no ledger is kept in."""
    if code not in CURRENCIES:
        raise InvalidInput(
            reason="CURRENCY_UNKNOWN",
            field="currency",
            detail=f"{code!r} is no reward currency; take one of {', '.join(CURRENCIES)}",
        )
