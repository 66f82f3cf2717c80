"""Robots as data, what they offer, and which city has none; a robot's talk is not decided here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
CODE: Final = re.compile(r"[0-9A-Za-z]{1,12}")
ACTIVITIES_LIMIT: Final = 50
# A connector tells that it lives with every message and at least this often; one that is silent longer is offline.
SILENCE: Final = timedelta(minutes=5)


class ActivityKind(StrEnum):
    """What can be taken part in by a text command."""

    SALE = "sale"
    DRAW = "draw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """``code`` is what people type after the command; ``target`` the id at whoever runs it."""

    code: str
    kind: ActivityKind
    target: str

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code) or not 1 <= len(self.target) <= 64:  # noqa: PLR2004 -- ids are at most 64
            raise _refused("activities", "a code is 1 to 12 letters and digits, a target an id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """One robot of one city (empty: the whole province) with its menu, and its supplier for the assessment (CHN-23)."""

    id: str
    city: str
    menu: str
    supplier: str = ""
    enabled: bool = True
    activities: tuple[Activity, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.id):
            raise _refused("id", "a letter, then letters, digits, - or _; at most 40")
        if len(self.city) > 64 or len(self.supplier) > 64:  # noqa: PLR2004 -- as long as any branch's name
            raise _refused("city", "names are at most 64 characters")
        codes = [activity.code for activity in self.activities]
        if len(codes) > ACTIVITIES_LIMIT or len(set(codes)) < len(codes):
            raise _refused("activities", f"at most {ACTIVITIES_LIMIT}, each code once")

    def activity(self, kind: ActivityKind, code: str) -> Activity | None:
        """The activity of that code; without a code the only one of its kind."""
        found = [one for one in self.activities if one.kind is kind and code in {"", one.code}]
        return found[0] if len(found) == 1 else None


def is_online(robot: Robot, seen_at: datetime | None, *, now: datetime) -> bool:
    """Whether the robot answers: it is switched on and was heard of lately."""
    return robot.enabled and seen_at is not None and now - seen_at <= SILENCE


def cities_without(cities: Iterable[str], online: Iterable[Robot]) -> list[str]:
    """The cities that have no robot online, in the order given (CHN-21): each must have one all day."""
    served = {robot.city for robot in online}
    return [city for city in cities if city not in served]


def _refused(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="ROBOT_INVALID", field=field, detail=detail)
