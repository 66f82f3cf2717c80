"""Says when in a day somebody may be spoken to, in the operator's own time; it must not know what time it is."""

import re
from dataclasses import dataclass
from datetime import time

from carillon_chassis.errors import InvalidInput

PATTERN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyHours:
    """Every day from ``starts`` on and until ``ends``, local time, over midnight where it ends before it starts.

    As quiet hours are, only that these are the hours in which to speak (SEG-66). Raises InvalidInput MATCH_HOURS.
    """

    starts: time
    ends: time

    def __post_init__(self) -> None:
        if self.starts == self.ends:
            raise _refusal("hours that end when they start leave no time; leave them out for the whole day")

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}-{self.ends:%H:%M}"


def read_hours(text: str) -> DailyHours | None:
    """The hours of a text such as 09:00-21:00, None (any time of day) for an empty one. Raises InvalidInput MATCH_HOURS."""
    if not text:
        return None
    found = PATTERN.fullmatch(text)
    if found is None:
        raise _refusal(f"'{text}' are no hours: write 09:00-21:00, or 20:00-00:30 over midnight")
    first, second, third, fourth = map(int, found.groups())
    return DailyHours(starts=time(first, second), ends=time(third, fourth))


def write_hours(hours: DailyHours | None) -> str:
    """Hours as they are written; nothing for the whole day."""
    return str(hours) if hours else ""


def _refusal(detail: str) -> InvalidInput:
    return InvalidInput(reason="MATCH_HOURS", field="hours", detail=detail)
