"""Measures windows over one subscriber's history; it must agree with the set-based compiler to the last bit.

Numbers of events are added as whole millionths, so that no order of adding changes a sum; months are added from the
oldest to the newest.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import singledispatch

from svc_segment.domain.rules.history import (
    DAY_US,
    History,
    ListRow,
    PastEvent,
    local_time,
    microseconds,
    months_back,
)
from svc_segment.domain.rules.windows import (
    OF_COLUMN,
    EventFunction,
    EventWindow,
    ListFunction,
    ListWindow,
    UsageFunction,
    UsageWindow,
)

Number = int | float
Measured = Callable[[History], Number | None]

# Millionths of it fit 64 bits, thousands of times over.
DECIMAL = r"-?[0-9]{1,9}(\.[0-9]{1,6})?"
MILLION = 1_000_000
_DECIMAL = re.compile(DECIMAL)


@singledispatch
def measure(window: EventWindow | UsageWindow | ListWindow) -> Measured:
    """The window as a function of one history."""
    raise TypeError(f"no window of a rule: {window!r}")


@measure.register
def _events(window: EventWindow) -> Measured:
    match window.function:
        case EventFunction.COUNT:
            return lambda history: len(_within(window, history))
        case EventFunction.DAYS:
            return lambda history: _local_days(window, history)
        case EventFunction.DAYS_SINCE:
            return lambda history: _days_since(window, history)
        case _:
            return lambda history: _computed(window.function, _of_events(window, history))


@measure.register
def _usage(window: UsageWindow) -> Measured:
    def measured(history: History) -> Number | None:
        months = months_back(history.last_month, window.months) if history.last_month else ()
        found = (history.usage.get(month, {}).get(window.measure) for month in months)
        values = [float(value) for value in found if value is not None]
        if window.function is UsageFunction.MONTHS:
            return sum(1 for value in values if value > 0)
        return _of_months(window.function, values) if values else None

    return measured


@measure.register
def _list(window: ListWindow) -> Measured:
    match window.function:
        case ListFunction.COUNT:
            return lambda history: len(_rows(window, history))
        case ListFunction.MONTHS:
            return lambda history: len({row.month for row in _rows(window, history)})
        case _:
            function = OF_COLUMN[window.function]
            return lambda history: _computed(function, _of_rows(window, history))


def _rows(window: ListWindow, history: History) -> list[ListRow]:
    """The rows of the window's list that are of its months."""
    newest = history.list_months.get(window.segment_id)
    months = months_back(newest, window.months) if newest else ()
    return [
        row
        for row in history.lists.get(window.segment_id, ())
        if row.month in months and (window.only is None or row.columns.get(window.only.attribute) == window.only.value)
    ]


def _of_months(function: UsageFunction, values: Sequence[float]) -> float:
    total = 0.0
    # Not sum(), which corrects the rounding that an engine's addition has.
    for value in values:
        total += value
    match function:
        case UsageFunction.LEAST:
            return min(values)
        case UsageFunction.GREATEST:
            return max(values)
        case UsageFunction.AVERAGE:
            return total / len(values)
        case _:
            return total


def _within(window: EventWindow, history: History) -> list[PastEvent]:
    """The events of the window's type that happened in it."""
    begun = history.as_of - timedelta(days=window.days) if window.days is not None else None
    return [
        event
        for event in history.events
        if event.type == window.event
        and event.at <= history.as_of
        and (begun is None or event.at > begun)
        and (window.only is None or event.attributes.get(window.only.attribute) == window.only.value)
    ]


def _local_days(window: EventWindow, history: History) -> int:
    clocks = local_time(history.zone, history.as_of - timedelta(days=window.days or 0), history.as_of)
    return len({clocks.day(microseconds(event.at)) for event in _within(window, history)})


def _days_since(window: EventWindow, history: History) -> int | None:
    moments = [microseconds(event.at) for event in _within(window, history)]
    return (microseconds(history.as_of) - max(moments)) // DAY_US if moments else None


def _of_events(window: EventWindow, history: History) -> list[int]:
    return _millionths(event.attributes.get(window.attribute) for event in _within(window, history))


def _of_rows(window: ListWindow, history: History) -> list[int]:
    return _millionths(row.columns.get(window.column) for row in _rows(window, history))


def _millionths(texts: Iterable[str | None]) -> list[int]:
    found = (millionths_of(text) for text in texts if text is not None)
    return [one for one in found if one is not None]


def millionths_of(text: str) -> int | None:
    """A decimal number as whole millionths; None for any other text."""
    return round(float(text) * MILLION) if _DECIMAL.fullmatch(text) else None


def _computed(function: EventFunction, millionths: Sequence[int]) -> float | None:
    if not millionths:
        return None
    match function:
        case EventFunction.LEAST:
            return min(millionths) / MILLION
        case EventFunction.GREATEST:
            return max(millionths) / MILLION
        case EventFunction.AVERAGE:
            return float(sum(millionths)) / (float(len(millionths)) * MILLION)
        case _:
            return float(sum(millionths)) / MILLION
