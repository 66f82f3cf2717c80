"""The rule of a draw, and the one way it is written down and hashed; it must not change once the draw is open.

The rule is public. Its hash is published before the first entry comes, so nobody can shift prizes to a known winner.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.currency import check_currency
from svc_reward.domain.transfer import MAX_LEG_AMOUNT

# Which way of drawing this is. Another way is another name, so that old proofs keep their meaning.
ALGORITHM = "carillon-draw-1"
# What the hashed text opens with, so that no other document of ours can have the same hash.
RULE_PREFIX = f"{ALGORITHM} rule\n".encode()

# People have to be able to read a rule.
MAX_PRIZES = 100
# One transaction writes the winners of a draw.
MAX_AWARDS = 100_000
MAX_WEIGHT = 1_000_000
MAX_STOCK = 10_000_000
MAX_WINS_PER_PERSON = 1_000
MAX_NAME_LENGTH = 120
CODE = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
MONTH = re.compile(r"^(2[0-9]{3})-(0[1-9]|1[0-2])$")
JANUARY, DECEMBER = 1, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a point prize pays or a ticket costs, in whole units of one ledger currency. Raises InvalidInput."""

    currency: str
    amount: int

    def __post_init__(self) -> None:
        check_currency(self.currency)
        _check_number("points.amount", self.amount, MAX_LEG_AMOUNT)

    def document(self) -> dict[str, Any]:
        """The points as they stand in the rule's text."""
        return {"amount": self.amount, "currency": self.currency}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prize:
    """One prize: how many there are, and how heavily it weighs against the others that are left.

    ``points`` is None for what is handed over by hand: phone credit, goods, tickets. Raises InvalidInput DRAW_RULE_INVALID.
    """

    code: str
    name: str
    weight: int
    stock: int
    points: Points | None = None

    def __post_init__(self) -> None:
        _check_code("prizes.code", self.code)
        _check_name("prizes.name", self.name)
        _check_number("prizes.weight", self.weight, MAX_WEIGHT)
        _check_number("prizes.stock", self.stock, MAX_STOCK)

    def document(self) -> dict[str, Any]:
        """The prize as it stands in the rule's text."""
        points = self.points.document() if self.points else None
        return {"code": self.code, "name": self.name, "points": points, "stock": self.stock, "weight": self.weight}


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Only who was subscribed to ``service`` in the month before ``draw_month`` ("2026-11") may enter (RWD-09)."""

    service: str
    draw_month: str

    def __post_init__(self) -> None:
        _check_code("eligibility.service", self.service)
        if MONTH.fullmatch(self.draw_month) is None:
            raise invalid_rule("eligibility.draw_month", f"a month is written 2026-11, not {self.draw_month!r}")

    @property
    def required_month(self) -> str:
        """The month in which an entrant must have been subscribed."""
        year, month = (int(part) for part in self.draw_month.split("-"))
        return f"{year - 1}-{DECEMBER}" if month == JANUARY else f"{year}-{month - 1:02}"

    def admits(self, subscribed_month: str) -> bool:
        """Whether an entry that says "subscribed in that month" may be drawn."""
        return subscribed_month == self.required_month


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRule:
    """Everything that decides who wins, but for the seeds and the entrants. Raises InvalidInput DRAW_RULE_INVALID.

    ``awards`` prizes are given, as long as there are tickets; ``blinding`` is the SHA-256 of the salt that hides the
    subscribers' numbers, so that the operator can't change afterwards who stands behind an entrant. ``ticket_price`` is
    what a ticket costs its subscriber (RWD-05), None where tickets are earned.
    """

    draw_id: str
    name: str
    campaign_id: str
    prizes: tuple[Prize, ...]
    awards: int
    wins_per_person: int
    eligibility: Eligibility | None
    closes_at: datetime
    reveal_by: datetime
    blinding: bytes
    ticket_price: Points | None = None

    def __post_init__(self) -> None:
        _check_name("name", self.name)
        _check_code("campaign_id", self.campaign_id)
        if not 1 <= len(self.prizes) <= MAX_PRIZES:
            raise invalid_rule("prizes", f"a draw has 1 to {MAX_PRIZES} prizes, not {len(self.prizes)}")
        if len({prize.code for prize in self.prizes}) != len(self.prizes):
            raise invalid_rule("prizes", "each prize has a code of its own; put equal prizes into one stock")
        _check_number("awards", self.awards, MAX_AWARDS)
        stock = sum(prize.stock for prize in self.prizes)
        if self.awards > stock:
            raise invalid_rule("awards", f"{self.awards} awards can't come out of a stock of {stock}")
        _check_number("wins_per_person", self.wins_per_person, MAX_WINS_PER_PERSON)
        if self.reveal_by <= self.closes_at:
            raise invalid_rule("reveal_by", "the seeds are revealed after the draw has closed, so set it later")

    def text(self) -> bytes:
        """The rule as it is hashed: JSON with sorted keys, no spaces, ASCII only."""
        return json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    def digest(self) -> bytes:
        """The 32 bytes that are published before the first entry."""
        return hashlib.sha256(RULE_PREFIX + self.text()).digest()

    def document(self) -> dict[str, Any]:
        """The rule as it stands in a proof."""
        eligibility = (
            {"draw_month": self.eligibility.draw_month, "service": self.eligibility.service}
            if self.eligibility
            else None
        )
        return {
            "algorithm": ALGORITHM,
            "awards": self.awards,
            "blinding": self.blinding.hex(),
            "campaign": self.campaign_id,
            "closes_at": _write_time(self.closes_at),
            "draw": self.draw_id,
            "eligibility": eligibility,
            "name": self.name,
            "prizes": [prize.document() for prize in self.prizes],
            "reveal_by": _write_time(self.reveal_by),
            "ticket_price": self.ticket_price.document() if self.ticket_price else None,
            "wins_per_person": self.wins_per_person,
        }


def read_rule(document: Mapping[str, Any]) -> DrawRule:
    """The rule that ``document`` was written from."""
    eligibility = document["eligibility"]
    return DrawRule(
        draw_id=document["draw"],
        name=document["name"],
        campaign_id=document["campaign"],
        prizes=tuple(
            Prize(**{**prize, "points": Points(**prize["points"]) if prize["points"] else None})
            for prize in document["prizes"]
        ),
        awards=document["awards"],
        wins_per_person=document["wins_per_person"],
        eligibility=Eligibility(**eligibility) if eligibility else None,
        closes_at=datetime.fromisoformat(document["closes_at"]),
        reveal_by=datetime.fromisoformat(document["reveal_by"]),
        blinding=bytes.fromhex(document["blinding"]),
        ticket_price=Points(**document["ticket_price"]) if document["ticket_price"] else None,
    )


def invalid_rule(field: str, detail: str) -> InvalidInput:
    """What a rule that can't be is refused with."""
    return InvalidInput(reason="DRAW_RULE_INVALID", field=field, detail=detail)


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check_number(field: str, number: int, largest: int) -> None:
    if not 1 <= number <= largest:
        raise invalid_rule(field, f"{field} is between 1 and {largest}, not {number}")


def _check_code(field: str, code: str) -> None:
    if CODE.fullmatch(code) is None:
        raise invalid_rule(field, f"{field} has 1 to 64 letters, digits, dots, dashes or underscores, not {code!r}")


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise invalid_rule(field, f"{field} has 1 to {MAX_NAME_LENGTH} printable characters")
