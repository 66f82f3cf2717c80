"""What an outlet is and what a supervisor's visit says of it (CHN-34, CHN-40); it must not know where they are kept."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from carillon_chassis.errors import InvalidInput

CODE_PATTERN: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,39}")
NAME_LENGTH: Final = 100
STARS_LIMIT: Final = 6
# More people than any outlet has.
TRAINED_LIMIT: Final = 1_000
# Net cafes show publicity first; a direct-sales team follows (CHN-40).
NET_CAFE: Final = "NET_CAFE"


class Stage(StrEnum):
    """How an outlet is worked with."""

    PUBLICITY = "PUBLICITY"
    DIRECT_SALES = "DIRECT_SALES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A place of a touch point that has outlets; ``branch`` is whose it is, empty for the province.

    ``key`` outlets are those that supervisors train and certify. Raises InvalidInput OUTLET_INVALID.
    """

    code: str
    name: str
    branch: str
    touchpoint: str
    key: bool = False
    stars: int = 0
    alliance: bool = False
    stage: Stage = Stage.PUBLICITY

    def __post_init__(self) -> None:
        for broken, field, detail in (
            (CODE_PATTERN.fullmatch(self.code) is None, "code", "capitals, digits and -, at most 40"),
            (not 1 <= len(self.name.strip()) <= NAME_LENGTH, "name", f"1 to {NAME_LENGTH} characters"),
            (not 0 <= self.stars <= STARS_LIMIT, "stars", f"0 to {STARS_LIMIT}"),
        ):
            if broken:
                raise InvalidInput(reason="OUTLET_INVALID", field=field, detail=detail)

    def check_beginning(self) -> None:
        """Raises InvalidInput STAGE_TOO_EARLY for a net cafe that would begin with a direct-sales team (CHN-40)."""
        if self.touchpoint == NET_CAFE and self.stage is not Stage.PUBLICITY:
            raise InvalidInput(
                reason="STAGE_TOO_EARLY",
                field="stage",
                detail="a net cafe begins with publicity; change it once a direct-sales team works there",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What lies and hangs in an outlet: product cards or the catalogue, and the uniform publicity."""

    product_cards: bool
    publicity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: how many were trained, whether they passed (None where nobody was examined), what stood there after.

    Raises InvalidInput VISIT_EMPTY for a visit that says nothing, VISIT_TO_COME for a day after ``today``.
    """

    id: UUID
    outlet: str
    visited_on: date
    supervisor: str
    trained: int
    passed: bool | None
    materials: Materials | None
    note: str
    recorded_by: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        if not 0 <= self.trained <= TRAINED_LIMIT:
            raise InvalidInput(reason="VISIT_INVALID", field="trained", detail=f"0 to {TRAINED_LIMIT} people")
        if not self.trained and self.passed is None and self.materials is None:
            raise InvalidInput(
                reason="VISIT_EMPTY",
                field="trained",
                detail="say who was trained, how the examination ended, or what stands there",
            )

    def check_day(self, today: date) -> None:
        """Raises InvalidInput VISIT_TO_COME."""
        if self.visited_on > today:
            raise InvalidInput(reason="VISIT_TO_COME", field="visited_on", detail=f"today is {today}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOutlet:
    """An outlet and what its visits came to; each is None where no visit said."""

    outlet: Outlet
    materials: Materials | None
    trained_on: date | None
    certified_on: date | None
    """Of the last examination, where it was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How far a branch has come with its outlets (CHN-34)."""

    branch: str
    outlets: int
    key_outlets: int
    key_trained: int
    key_certified: int
    with_product_cards: int
    with_publicity: int
    equipped: int
