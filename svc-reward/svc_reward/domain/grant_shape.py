"""How many shares of a reward deeds earn, by one of six shapes; it must not know rules, caps or who is paid.

What a deed earns by itself is one kind of shape. The other counts: it says what all deeds of a span are due together,
and a deed earns what is due with it and was not granted before. Such a sum never falls when a deed is added, so it comes
to the same in whatever order deeds are told. (A first deed is due until there is another, and never again.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from itertools import groupby

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.activity import Activity, Deed
from svc_reward.domain.grant_period import Period, number_of

MAX_TIERS = 50
MAX_STREAK = 366
MAX_SHARES = 1_000_000


class ShapeKind(StrEnum):
    """How shares are counted."""

    # One for each deed.
    FLAT = "flat"
    # One for each full step of what was spent; what is left of a step is not carried on.
    PER_SPEND = "per_spend"
    # One for each piece.
    PER_QUANTITY = "per_quantity"
    # One, for the first deed of its sort ever (RWD-38).
    FIRST = "first"
    # By number of services, of uses, or of pieces in a span (RWD-20, RWD-40).
    TIERED = "tiered"
    # One for each so many days or months in a row (RWD-26).
    STREAK = "streak"


# What is due depends on the deeds before.
COUNTING = frozenset({ShapeKind.FIRST, ShapeKind.TIERED, ShapeKind.STREAK})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTier:
    """Reached when all its minimums are; worth ``shares``, for each ``per`` pieces where that is not 0.

    "Send 2 get 1" is per 2, shares 1; "more, bigger gift" another tier with quantity_from 10 and shares 2 (RWD-40).
    """

    services_from: int = 0
    uses_from: int = 0
    quantity_from: int = 0
    per: int = 0
    shares: int = 1

    def __post_init__(self) -> None:
        if min(self.services_from, self.uses_from, self.quantity_from, self.per) < 0:
            raise _invalid("tiers", "a tier's minimums are not negative")
        if not 1 <= self.shares <= MAX_SHARES:
            raise _invalid("tiers", f"a tier is worth 1 to {MAX_SHARES} shares")
        if not (self.services_from or self.uses_from or self.quantity_from or self.per):
            raise _invalid("tiers", "a tier that everybody has reached is no tier; give it a minimum or a per")

    def worth(self, *, services: int, uses: int, quantity: int) -> int:
        """Its shares, 0 where it is not reached."""
        if services < self.services_from or uses < self.uses_from or quantity < self.quantity_from:
            return 0
        return self.shares * (quantity // self.per) if self.per else self.shares


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantShape:
    """A kind with what it needs. ``period`` is the span of TIERED and the unit of STREAK. Raises SHAPE_INVALID."""

    kind: ShapeKind
    step_fen: int = 0
    tiers: tuple[ShareTier, ...] = ()
    streak: int = 0
    period: Period = Period.RULE

    def __post_init__(self) -> None:
        if (self.kind is ShapeKind.PER_SPEND) != (self.step_fen > 0) or self.step_fen < 0:
            raise _invalid("step_fen", "per_spend has a step in fen, and nothing else has one")
        if (self.kind is ShapeKind.TIERED) != bool(self.tiers) or len(self.tiers) > MAX_TIERS:
            raise _invalid("tiers", f"tiered has 1 to {MAX_TIERS} tiers, and nothing else has any")
        if self.kind is not ShapeKind.STREAK:
            if self.streak:
                raise _invalid("streak", "only a streak has a length")
            return
        if not 2 <= self.streak <= MAX_STREAK:  # noqa: PLR2004 -- one day in a row is no streak
            raise _invalid("streak", f"a streak is 2 to {MAX_STREAK} days or months in a row")
        if self.period is Period.RULE:
            raise _invalid("period", "a streak is of days or of months")

    @property
    def span(self) -> Period:
        """Over what deeds are counted: a streak goes on from month to month."""
        return self.period if self.kind is ShapeKind.TIERED else Period.RULE

    def earned_alone(self, activity: Activity) -> int:
        """What a deed earns where none before counts."""
        match self.kind:
            case ShapeKind.PER_SPEND:
                return min(activity.amount_fen // self.step_fen, MAX_SHARES)
            case ShapeKind.PER_QUANTITY:
                return min(activity.quantity, MAX_SHARES)
            case _:
                return 1

    def due(self, deeds: Sequence[Deed], zone: tzinfo) -> int:
        """What all deeds of a span are due together, in whatever order they stand."""
        match self.kind:
            case ShapeKind.FIRST:
                return 1 if len(deeds) == 1 else 0
            case ShapeKind.TIERED:
                services = len({deed.service for deed in deeds if deed.service})
                quantity = sum(deed.quantity for deed in deeds)
                return max(tier.worth(services=services, uses=len(deeds), quantity=quantity) for tier in self.tiers)
            case _:
                numbers = {number_of(self.period, deed.at, zone) for deed in deeds}
                return sum(length // self.streak for length in run_lengths(numbers))


def run_lengths(numbers: Iterable[int]) -> list[int]:
    """How long the runs of neighbours are, in order."""
    placed = enumerate(sorted(numbers))
    return [len(list(run)) for _, run in groupby(placed, key=lambda pair: pair[1] - pair[0])]


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="SHAPE_INVALID", field=field, detail=detail)
