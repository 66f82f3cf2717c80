"""What a rule may measure of a subscriber's past: windows over events, monthly usage and lists; it must not measure it.

A window of events holds what happened after ``as_of`` less its days and not after ``as_of``; a day is 24 hours
there. A window of usage holds the newest full month that is loaded and the calendar months before it; one of a list holds the newest month that
the list has and the calendar months before it. Counts over
nothing are 0; sums, averages, extremes and times since over nothing are null.
"""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from svc_segment.domain.attributes import AttributeType

# Two years of events are kept; what a rule asks beyond them would be guessed.
MAX_DAYS = 730
MAX_MONTHS = 24


class EventFunction(StrEnum):
    """What is measured over events of one type."""

    COUNT = "count_events"
    SUM = "sum_events"
    AVERAGE = "avg_events"
    LEAST = "min_events"
    GREATEST = "max_events"
    DAYS = "days_with_events"
    DAYS_SINCE = "days_since_event"


class UsageFunction(StrEnum):
    """What is measured over months of one measure."""

    SUM = "sum_usage"
    AVERAGE = "avg_usage"
    LEAST = "min_usage"
    GREATEST = "max_usage"
    MONTHS = "months_with_usage"


class ListFunction(StrEnum):
    """What is measured over rows of one list."""

    COUNT = "count_rows"
    SUM = "sum_rows"
    AVERAGE = "avg_rows"
    LEAST = "min_rows"
    GREATEST = "max_rows"
    MONTHS = "months_with_rows"


# The functions of events that measure a numeric attribute of each event.
OF_ATTRIBUTE = frozenset({EventFunction.SUM, EventFunction.AVERAGE, EventFunction.LEAST, EventFunction.GREATEST})
# The functions of lists that measure a numeric column of each row, with what they do.
OF_COLUMN = {
    ListFunction.SUM: EventFunction.SUM,
    ListFunction.AVERAGE: EventFunction.AVERAGE,
    ListFunction.LEAST: EventFunction.LEAST,
    ListFunction.GREATEST: EventFunction.GREATEST,
}
# 0 and not null for those of whom there is nothing to count.
COUNTED = frozenset(
    {EventFunction.COUNT, EventFunction.DAYS, UsageFunction.MONTHS, ListFunction.COUNT, ListFunction.MONTHS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Only events whose attribute is exactly this text."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWindow:
    """A number measured over a subscriber's events of one type.

    ``days`` is None for the time since the last event, which looks at all events kept; ``attribute`` names what
    sums, averages and extremes are of: a decimal number of at most 9 digits before the point and 6 after it, any
    other text counts as null.
    """

    function: EventFunction
    event: str
    days: int | None
    attribute: str = ""
    only: EventFilter | None = None

    @property
    def name(self) -> str:
        """What a refusal calls it."""
        return self.function.value

    @property
    def type(self) -> AttributeType:
        """Whole numbers for what is counted, doubles for what is computed."""
        return AttributeType.NUMBER if self.function in OF_ATTRIBUTE else AttributeType.INTEGER


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageWindow:
    """A number measured over a subscriber's months of one measure; an absent month counts as null."""

    function: UsageFunction
    measure: str
    months: int

    @property
    def name(self) -> str:
        """What a refusal calls it."""
        return self.function.value

    @property
    def type(self) -> AttributeType:
        """Whole numbers for months, doubles for all else."""
        return AttributeType.INTEGER if self.function is UsageFunction.MONTHS else AttributeType.NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWindow:
    """A number measured over a subscriber's rows of one list, by the id of its segment (SEG-49, SEG-50, SEG-58).

    ``column`` names what sums, averages and extremes are of, a decimal number as in ``EventWindow``; ``only`` leaves
    out rows whose column is another text.
    """

    function: ListFunction
    segment_id: uuid.UUID
    months: int
    column: str = ""
    only: EventFilter | None = None

    @property
    def name(self) -> str:
        """What a refusal calls it."""
        return self.function.value

    @property
    def type(self) -> AttributeType:
        """Whole numbers for what is counted, doubles for what is computed."""
        return AttributeType.NUMBER if self.function in OF_COLUMN else AttributeType.INTEGER
