"""The Hillstrom data as the demo needs it, and what the suite must report of it; it talks to nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from carillon_deploy import data

DATA = Path(data.__path__[0])
PARQUET = DATA / "hillstrom.parquet"
DICTIONARY = DATA / "hillstrom.dictionary.json"
# The day the data were published; what they describe lies before it.
AS_OF = "2008-03-20"
# Arms as the campaign names them, and the data's own words for the assignment.
ARMS = {"holdout": "No E-Mail", "mens": "Mens E-Mail", "womens": "Womens E-Mail"}
HOLDOUT = "holdout"
# One dollar of spend counts as 100 fen.
FEN_PER_DOLLAR = 100
RATE_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One row of the data: which arm chance gave it, and what it did in the two weeks after."""

    msisdn: str
    arm: str
    visited: bool
    converted: bool
    spend_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """What one arm must come to in the report, or came to."""

    arm: str
    subscribers: int
    contacted: int
    delivered: int
    responded: int
    converted: int
    rewarded: int
    revenue_fen: int
    response_rate: float
    conversion_rate: float


def read_customers(path: Path = PARQUET) -> list[Customer]:
    """All rows, in the order of the source."""
    arms = {words: arm for arm, words in ARMS.items()}
    table = pyarrow.parquet.read_table(path, columns=["msisdn", "treatment", "visit", "conversion", "spend"])
    return [
        Customer(
            msisdn=row["msisdn"],
            arm=arms[row["treatment"]],
            visited=row["visit"],
            converted=row["conversion"],
            spend_fen=round(row["spend"] * FEN_PER_DOLLAR),
        )
        for row in table.to_pylist()
    ]


def expected_figures(customers: Sequence[Customer]) -> list[ArmFigures]:
    """What the report must say, by arm, computed from the data alone."""
    return [_figures(arm, [customer for customer in customers if customer.arm == arm]) for arm in ARMS]


def differences(reported: Sequence[ArmFigures], expected: Sequence[ArmFigures]) -> list[str]:
    """Every figure in which two reports differ: counts and revenue exactly, rates to four decimals."""
    found = []
    by_arm = {figures.arm: figures for figures in reported}
    for wanted in expected:
        got = by_arm.get(wanted.arm)
        if got is None:
            found.append(f"{wanted.arm}: missing from the report")
            continue
        for name in ArmFigures.__dataclass_fields__:
            have, want = getattr(got, name), getattr(wanted, name)
            if isinstance(want, float):
                have, want = round(have, RATE_DIGITS), round(want, RATE_DIGITS)
            if have != want:
                found.append(f"{wanted.arm}: {name} is {have}, the data say {want}")
    return found + [f"{arm}: not in the data" for arm in by_arm.keys() - {figures.arm for figures in expected}]


def _figures(arm: str, customers: Sequence[Customer]) -> ArmFigures:
    contacted = 0 if arm == HOLDOUT else len(customers)
    responded = sum(customer.visited for customer in customers)
    converted = sum(customer.converted for customer in customers)
    return ArmFigures(
        arm=arm,
        subscribers=len(customers),
        contacted=contacted,
        delivered=contacted,
        responded=responded,
        converted=converted,
        rewarded=0 if arm == HOLDOUT else converted,
        revenue_fen=sum(customer.spend_fen for customer in customers if customer.converted),
        response_rate=responded / len(customers),
        conversion_rate=converted / len(customers),
    )
