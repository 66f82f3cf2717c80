"""Measures windows over the events of many subscribers at once, by arrays; it must not read files.

It is a third twin of ``domain.rules.measuring``, for everybody at once and much quicker than grouping rows: the events
of a file stand by rising subscriber, so that those of one stand side by side.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.rules.history import DAY_US, LocalTime, local_time, microseconds
from svc_segment.domain.rules.measuring import MILLION, millionths_of
from svc_segment.domain.rules.windows import EventFunction, EventWindow
from svc_segment.store.event_columns import EventColumns, Texts
from svc_segment.store.local_clocks import local_us
from svc_segment.store.measured_numbers import Numbers

# The row of each of some subscribers, rising and each once, and whether there is one.
Places = Callable[[NDArray[np.uint32]], tuple[NDArray[np.int64], NDArray[np.bool_]]]
# Local days that one word tells apart.
WORD_DAYS = 64
Whole = TypeVar("Whole", np.int64, np.uint64)
LONG_AGO = np.iinfo(np.int64).min


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
    seen = (_Runs.of(_seen(window, span, columns), places) for columns in events)
    match window.function:
        case EventFunction.COUNT:
            return _counted(seen, rows)
        case EventFunction.DAYS:
            return _days(list(seen), rows, local_time(zone, as_of - timedelta(days=window.days or 0), as_of), span)
        case EventFunction.DAYS_SINCE:
            last = np.full(rows, LONG_AGO)
            for run in seen:
                last[run.places] = np.maximum(last[run.places], run.reduced(np.maximum, run.columns.moments.at_us))
            known = last != LONG_AGO
            return Numbers(values=(span.end - np.where(known, last, 0)) // DAY_US, known=known)
        case _:
            return _computed(window, seen, places, rows)


def _seen(window: EventWindow, span: Span, columns: EventColumns) -> EventColumns:
    at_us = columns.moments.at_us
    if len(at_us) and not (span.begin < at_us.min() and at_us.max() <= span.end):
        columns = columns.taken(span.within(at_us))
    if window.only is None:
        return columns
    only = columns.texts[window.only.attribute]
    # No event has the code of a text that none of them has.
    wanted = only.names.index(window.only.value) if window.only.value in only.names else len(only.names)
    return columns.taken(only.codes == wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Runs:
    """Events by rising subscriber: the rows that have any, each once, and where each one's events begin.

    ``living`` says of each subscriber whether there is such a row, None that there is of all.
    """

    columns: EventColumns
    places: NDArray[np.int64]
    begins: NDArray[np.int64]
    living: NDArray[np.bool_] | None

    @classmethod
    def of(cls, columns: EventColumns, places: Places) -> "_Runs":
        ids = columns.moments.ids
        begins = np.flatnonzero(ids[1:] != ids[:-1]) + 1
        begins = np.concatenate([np.zeros(min(len(ids), 1), np.int64), begins])
        found, living = places(ids[begins])
        if bool(living.all()):
            return cls(columns=columns, places=found, begins=begins, living=None)
        return cls(columns=columns, places=found[living], begins=begins, living=living)

    @property
    def events(self) -> int:
        """How many there are."""
        return len(self.columns.moments.ids)

    def counts(self) -> NDArray[np.int64]:
        """How many events each row has."""
        return self._of_rows(np.diff(self.begins, append=self.events))

    def reduced(self, by: np.ufunc, values: NDArray[Whole]) -> NDArray[Whole]:
        """One value a row of one value an event."""
        found: NDArray[Whole] = by.reduceat(values, self.begins) if self.events else values[:0]
        return self._of_rows(found)

    def _of_rows(self, values: NDArray[Whole]) -> NDArray[Whole]:
        return values if self.living is None else values[self.living]


def _counted(seen: Iterable[_Runs], rows: int) -> Numbers:
    counts = np.zeros(rows, np.int64)
    for run in seen:
        counts[run.places] += run.counts()
    return Numbers(values=counts, known=None)


def _days(seen: Iterable[_Runs], rows: int, clocks: LocalTime, span: Span) -> Numbers:
    """Local days with an event, by a bit a day, as many days at a time as a word has bits."""
    runs = [(run, local_us(run.columns.moments.at_us, clocks) // DAY_US) for run in seen if run.events]
    counts = np.zeros(rows, np.int64)
    if not runs:
        return Numbers(values=counts, known=None)
    first, last = clocks.day(span.begin), clocks.day(span.end)
    for word in range(first, last + 1, WORD_DAYS):
        bits = np.zeros(rows, np.uint64)
        for run, days in runs:
            if days.max() < word or days.min() >= word + WORD_DAYS:
                continue
            here = (days >= word) & (days < word + WORD_DAYS)
            shifts = np.clip(days - word, 0, WORD_DAYS - 1).astype(np.uint64)
            each = np.where(here, np.uint64(1) << shifts, np.uint64(0))
            bits[run.places] |= run.reduced(np.bitwise_or, each)
        counts += np.bitwise_count(bits)
    return Numbers(values=counts, known=None)


def _computed(window: EventWindow, seen: Iterable[_Runs], places: Places, rows: int) -> Numbers:
    """Of whole millionths, as the other twins compute."""
    limits = np.iinfo(np.int64)
    begin = {EventFunction.LEAST: limits.max, EventFunction.GREATEST: limits.min}.get(window.function, 0)
    by = {EventFunction.LEAST: np.minimum, EventFunction.GREATEST: np.maximum}.get(window.function, np.add)
    values, counts = np.full(rows, begin), np.zeros(rows, np.int64)
    for run in seen:
        numbers, known = _millionths(run.columns.texts[window.attribute])
        kept = run if bool(known.all()) else _Runs.of(run.columns.taken(known), places)
        numbers = numbers[known]
        counts[kept.places] += kept.counts()
        values[kept.places] = by(values[kept.places], kept.reduced(by, numbers))
    found = counts > 0
    total = np.where(found, values, 0).astype(np.float64)
    if window.function is EventFunction.AVERAGE:
        return Numbers(values=total / (np.where(found, counts, 1).astype(np.float64) * float(MILLION)), known=found)
    return Numbers(values=total / float(MILLION), known=found)


def _millionths(texts: Texts) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of each event, and whether it has one: texts that are no decimal number have none."""
    found = [millionths_of(name) for name in texts.names]
    numbers = np.array([one or 0 for one in found] + [0], np.int64)
    known = np.array([one is not None for one in found] + [False], np.bool_)
    return numbers[texts.codes], known[texts.codes]
