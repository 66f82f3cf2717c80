"""Measures windows over the events of many subscribers at once, by arrays; it must not read files.

It is a third twin of ``domain.rules.measuring``, for everybody at once and much quicker than grouping rows: each event
is added where its subscriber's row is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.rules.history import DAY_US, LocalTime, local_time, microseconds
from svc_segment.domain.rules.measuring import MILLION
from svc_segment.domain.rules.windows import EventFunction, EventWindow
from svc_segment.store.event_columns import EventColumns, Texts
from svc_segment.store.local_clocks import local_us
from svc_segment.store.measured_numbers import Numbers

# The row of each of some subscribers, rising, and whether there is one.
Places = Callable[[NDArray[np.uint32]], tuple[NDArray[np.int64], NDArray[np.bool_]]]
# The row of each of some events, and these events.
_Placed = tuple[NDArray[np.int64], EventColumns]
# Local days that one word tells apart.
WORD_DAYS = 64
# Before all moments, and not so far away that the way from there to one is no 64-bit number.
LONG_AGO = np.iinfo(np.int64).min // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The moments a window sees: after ``begin`` and not after ``end``, in microseconds since 1970."""

    begin: int
    end: int

    @classmethod
    def of(cls, window: EventWindow, as_of: datetime) -> "Span":
        """A window without days sees everything up to ``as_of``."""
        begin = microseconds(as_of - timedelta(days=window.days)) if window.days is not None else LONG_AGO
        return cls(begin=begin, end=microseconds(as_of))

    def within(self, at_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which moments it sees."""
        return (at_us > self.begin) & (at_us <= self.end)


def measure_events(
    window: EventWindow, events: Iterable[EventColumns], places: Places, *, rows: int, as_of: datetime, zone: tzinfo
) -> Numbers:
    """The window for each of so many rows; ``events`` are of its type, and may be more than it sees."""
    span = Span.of(window, as_of)
    seen = (_placed(_seen(window, span, columns), places) for columns in events)
    match window.function:
        case EventFunction.COUNT:
            return Numbers(values=_counted([found for found, _ in seen], rows), known=None)
        case EventFunction.DAYS:
            return _days(seen, rows, local_time(zone, as_of - timedelta(days=window.days or 0), as_of), span)
        case EventFunction.DAYS_SINCE:
            last = np.full(rows, LONG_AGO)
            for found, columns in seen:
                np.maximum.at(last, found, columns.moments.at_us)
            return Numbers(values=(span.end - last) // DAY_US, known=last > LONG_AGO)
        case _:
            return _computed(window, seen, rows)


def _seen(window: EventWindow, span: Span, columns: EventColumns) -> EventColumns:
    at_us = columns.moments.at_us
    if len(at_us) and not (span.begin < at_us.min() and at_us.max() <= span.end):
        columns = columns.taken(span.within(at_us))
    if window.only is None:
        return columns
    only = columns.texts[window.only.attribute]
    return columns.taken(only.codes == only.names.code_of(window.only.value))


def _placed(columns: EventColumns, places: Places) -> _Placed:
    """The row of each event, and the events that have one."""
    found, living = places(columns.moments.ids)
    return (found, columns) if bool(living.all()) else (found[living], columns.taken(living))


def _counted(found: Sequence[NDArray[np.int64]], rows: int) -> NDArray[np.int64]:
    return np.bincount(np.concatenate([np.empty(0, np.int64), *found]), minlength=rows)


def _days(seen: Iterable[_Placed], rows: int, clocks: LocalTime, span: Span) -> Numbers:
    """Local days with an event, by a bit a day, as many days at a time as a word has bits."""
    days = [one for found, columns in seen for one in _by_day(found, columns.moments.at_us, clocks)]
    counts = np.zeros(rows, np.int64)
    for word in range(clocks.day(span.begin), clocks.day(span.end) + 1, WORD_DAYS) if days else ():
        bits = np.zeros(rows, np.uint64)
        for day, found in days:
            if word <= day < word + WORD_DAYS:
                bits[found] |= np.uint64(1 << (day - word))
        counts += np.bitwise_count(bits)
    return Numbers(values=counts, known=None)


def _by_day(
    found: NDArray[np.int64], at_us: NDArray[np.int64], clocks: LocalTime
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The rows that have an event on a local day, day by day."""
    if not len(found):
        return
    local = local_us(at_us, clocks)
    first, last = int(local.min()) // DAY_US, int(local.max()) // DAY_US
    if last - first > 1:
        each = local // DAY_US
        yield from ((int(day), found[each == day]) for day in np.unique(each))
    elif last > first:
        # A file's events are of one UTC day, hence of two local days at most, and to compare is quicker than to divide.
        later = local >= last * DAY_US
        # Taken by their places, which is twice as quick as by flags.
        yield from ((first, found[np.flatnonzero(~later)]), (last, found[np.flatnonzero(later)]))
    else:
        yield first, found


def _computed(window: EventWindow, seen: Iterable[_Placed], rows: int) -> Numbers:
    """Of whole millionths, as the other twins compute."""
    limits = np.iinfo(np.int64)
    begin = {EventFunction.LEAST: limits.max, EventFunction.GREATEST: limits.min}.get(window.function, 0)
    by = {EventFunction.LEAST: np.minimum, EventFunction.GREATEST: np.maximum}.get(window.function, np.add)
    values, numbered = np.full(rows, begin), []
    for found, columns in seen:
        numbers, says = _millionths(columns.texts[window.attribute])
        by.at(values, found[says], numbers[says])
        numbered.append(found[says])
    counts = _counted(numbered, rows)
    total = values.astype(np.float64)
    if window.function is EventFunction.AVERAGE:
        total /= np.maximum(counts, 1).astype(np.float64) * float(MILLION)
    else:
        total /= float(MILLION)
    return Numbers(values=total, known=counts > 0)


def _millionths(texts: Texts) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of each event, and whether it has one: texts that are no decimal number have none."""
    numbers, known = texts.names.millionths
    return numbers[texts.codes], known[texts.codes]
