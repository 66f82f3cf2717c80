"""The reward currencies; nothing here or elsewhere may convert one into another (A-23)."""

from collections.abc import Mapping
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput

# What each is for. All are counted in whole units: points, seeds, fen.
CURRENCIES: Mapping[str, str] = MappingProxyType(
    {
        "experience_points": "for trying and ordering services (RWD-25)",
        "competition_points": "for staff who recommend services, not for customers (RWD-10)",
        "campus_points": "for ordering, using, selling and recommending on a campus (RWD-22)",
        "music_points": "of premium music members, earned by buying music (RWD-29)",
        "fetion_points": "of Fetion users, shown with medals (RWD-28)",
        "m_value": "of M-Zone, exchanged in its own shop (RWD-33)",
        "seeds": "earned by downloads, spent in the Mobile Market game (RWD-05)",
        "phone_credit_fen": "phone credit, in fen (RWD-04)",
        "commission_fen": "what affiliates and outlets earn, in fen (RWD-11)",
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
