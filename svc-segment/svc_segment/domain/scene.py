"""Says what a scene is and who was in it often enough; it must not know any cell, hour or way of a person.

The rule of SEG-29: nobody is tracked. A few scenes of worth are chosen; of a subscriber seen in a cell only the scene
and the day are kept, and only as long as the scene looks back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyroaring import BitMap

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.match_library import check_code
from svc_segment.domain.tag import Observation, check_confidence, check_path

# The event by which the cell system says that somebody was seen; it is never kept as it came.
CELL_SEEN = "cell_seen"
CELL_ATTRIBUTE = "cell"
MAX_WINDOW_DAYS = 62
HOURS_A_DAY = 24
WEEKDAYS = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene that is watched: the six life circles (SEG-33) or a hall's catchment (SEG-34) are such.

    Who is seen in it on ``least_days`` of ``window_days``, between ``from_hour`` and ``to_hour`` local time on
    ``weekdays`` (1 is Monday), carries the tag ``path`` with ``confidence``; on twice as many days it is surer.
    """

    code: str
    path: str
    confidence: float
    window_days: int
    least_days: int
    from_hour: int = 0
    to_hour: int = HOURS_A_DAY
    weekdays: frozenset[int] = WEEKDAYS

    def __post_init__(self) -> None:
        check_code("code", self.code)
        check_path(self.path)
        check_confidence(self.confidence)
        if not 1 <= self.least_days <= self.window_days <= MAX_WINDOW_DAYS:
            raise _refusal(
                "window_days",
                f"1 <= least_days <= window_days <= {MAX_WINDOW_DAYS}: a scene looks back so far, no further",
            )
        if not 0 <= self.from_hour < self.to_hour <= HOURS_A_DAY:
            raise _refusal("from_hour", "hours go from 0 to 24, the first before the second")
        if not self.weekdays or not self.weekdays <= WEEKDAYS:
            raise _refusal("weekdays", "weekdays are 1 (Monday) to 7, at least one")

    def sees(self, local: datetime) -> bool:
        """Whether the scene is watched at a local time."""
        return self.from_hour <= local.hour < self.to_hour and local.isoweekday() in self.weekdays

    def observe(self, days: Sequence[BitMap], today: datetime) -> Sequence[Observation]:
        """The tags that the days of the window give, by how often; ``days`` are who was seen on each."""
        observed = today.date()
        return [
            Observation(
                path=self.path,
                source=f"scene:{self.code}:{times}",
                observed_on=observed,
                expires_on=observed + timedelta(days=self.window_days),
                # Those seen twice as often are among both, and both together make them surer.
                confidence=self.confidence,
                subscribers=seen_often(days, self.least_days * times),
            )
            for times in (1, 2)
            if self.least_days * times <= self.window_days
        ]


def seen_often(days: Sequence[BitMap], least: int) -> BitMap:
    """Who is in at least so many of the sets."""
    # at_least[n] has who was seen on n + 1 days so far.
    at_least = [BitMap() for _ in range(least)]
    for day in days:
        for times in range(least - 1, 0, -1):
            at_least[times] |= at_least[times - 1] & day
        at_least[0] |= day
    return at_least[-1]


def _refusal(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="SCENE", field=field, detail=detail)
