"""Answers conditions on windows over events by arrays, and again by what moved since; it must not run rules.

A mask of such a condition is right for one moment. At the next one it is wrong for those alone whose events entered a
window or left it meanwhile, or are in a file that was not there: they are measured anew, and the mask is right again.
Events that are in no file yet are measured at every question, of those who have any.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyarrow import compute

from svc_segment.domain.rules.history import DAY_US, microseconds
from svc_segment.domain.rules.tree import Leaf, subject_of
from svc_segment.domain.rules.windows import EventWindow
from svc_segment.store.base_rows import BaseRows
from svc_segment.store.bounded_cache import BoundedCache
from svc_segment.store.condition_masks import Mask, Polar, changed_mask, mask_by_blocks
from svc_segment.store.event_columns import EventColumnCache, EventColumns, to_columns
from svc_segment.store.event_measures import Places, Span, measure_events
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.measured_numbers import compares_numbers

# To measure everybody anew is quicker than to look for more than so many.
MOST_MOVED = 20_000
DAY_LENGTH = len("2011-03-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """A mask of what is in files, right at a moment."""

    mask: Mask
    as_of: datetime
    files: frozenset[Path]

    @property
    def nbytes(self) -> int:
        """What the mask takes."""
        return self.mask.nbytes


class EventMasks:
    """The masks of conditions on one window over events each; several threads may ask."""

    def __init__(self, folder: DataFolder, zone: tzinfo, *, columns_bytes: int, masks_bytes: int) -> None:
        self._zone = zone
        self._columns = EventColumnCache(folder, columns_bytes)
        self._masks: BoundedCache[_Dated] = BoundedCache(masks_bytes)

    def prepare(self, files: Iterable[str]) -> None:
        """Makes files that are about to be named quick to ask about; blocking, and repeatable."""
        for file in files:
            self._columns.prepare(file)

    def find(self, rows: BaseRows, polar: Polar, history: HistoryFiles) -> Mask | None:
        """For whom the condition is true, or false, for certain; None for one that is about more than one window."""
        window = event_window(polar[0])
        if window is None:
            return None
        question = _Question(
            columns=self._columns, rows=rows, polar=polar, window=window, history=history, zone=self._zone
        )
        key = rows.file, polar
        known = self._masks.get(key)
        moved = question.moved_since(known) if known is not None else None
        mask = question.of_everyone() if known is None or moved is None else question.renewed(known.mask, moved)
        self._masks.put(key, _Dated(mask=mask, as_of=history.as_of, files=frozenset(question.files)))
        return question.with_recent(mask)


def event_window(leaf: Leaf) -> EventWindow | None:
    """The one window that a condition compares with numbers, if it is that."""
    one = subject_of(leaf)
    return one if isinstance(one, EventWindow) and compares_numbers(leaf) else None


class _Question:
    """One condition asked at one moment."""

    def __init__(
        self,
        *,
        columns: EventColumnCache,
        rows: BaseRows,
        polar: Polar,
        window: EventWindow,
        history: HistoryFiles,
        zone: tzinfo,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._polar = polar
        self._window = window
        self._history = history
        self._zone = zone
        only = [window.only.attribute] if window.only else []
        self._attributes = list(dict.fromkeys([*only, *([window.attribute] if window.attribute else [])]))
        self.files = _files_since(history.events, _begin(window, history.as_of))

    def of_everyone(self) -> Mask:
        """The answer for each row, of files alone."""
        events = [self._read(file) for file in self.files]

        def answers(start: int, stop: int) -> NDArray[np.bool_]:
            rows = self._rows.block(start, stop)
            first, last = int(rows.ids[0]), int(rows.ids[-1])
            return self._answers((one.between(first, last) for one in events), rows.places, stop - start)

        return mask_by_blocks(len(self._rows.ids), answers)

    def moved_since(self, known: _Dated) -> NDArray[np.uint32] | None:
        """Whose answer, of files alone, may be another than it was; None when it is too many people's or not known."""
        before, after = sorted((known.as_of, self._history.as_of))
        midnights = {file: midnight for file in self.files if (midnight := _midnight(file)) is not None}
        if after - before >= timedelta(days=1) or len(midnights) < len(self.files):
            return None
        try:
            found = [self._read(file).moments.ids for file in known.files.symmetric_difference(self.files)]
        except FileNotFoundError:
            # Another took its place long ago, and it was swept: who had events in it nobody can say any more.
            return None
        for file in known.files.intersection(self.files):
            for span in _moved(self._window, before, after, midnights[file]):
                moments = self._read(file).moments
                found.append(moments.ids[span.within(moments.at_us)])
            if sum(len(ids) for ids in found) > MOST_MOVED:
                return None
        return np.unique(np.concatenate([np.empty(0, np.uint32), *found]))

    def renewed(self, mask: Mask, ids: NDArray[np.uint32]) -> Mask:
        """The mask with the answers of some subscribers, rising and each once, measured anew."""
        return self._with_answers(mask, ids, [])

    def with_recent(self, mask: Mask) -> Mask:
        """The mask with the answers of those who have events in no file yet, of all their events."""
        recent = self._history.recent
        recent = recent.filter(compute.equal(recent["type"], self._window.event))
        if not recent.num_rows:
            return mask
        columns = to_columns(recent, self._attributes)
        return self._with_answers(mask, np.unique(columns.moments.ids), [columns])

    def _with_answers(self, mask: Mask, ids: NDArray[np.uint32], beside: Sequence[EventColumns]) -> Mask:
        places, living = self._rows.places(ids)
        ids, places = ids[living], places[living]
        if not len(ids):
            return mask
        events = [*(self._read(file) for file in self.files), *beside]
        flags = self._answers((one.of(ids) for one in events), partial(_places_among, ids), len(ids))
        return changed_mask(mask, places, flags)

    def _answers(self, events: Iterable[EventColumns], places: Places, rows: int) -> NDArray[np.bool_]:
        leaf, truth = self._polar
        numbers = measure_events(self._window, events, places, rows=rows, as_of=self._history.as_of, zone=self._zone)
        return numbers.fitting(leaf, truth=truth)

    def _read(self, file: Path) -> EventColumns:
        return self._columns.read(file, self._window.event, self._attributes)


def _places_among(ids: NDArray[np.uint32], some: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The place of each of some subscribers among others, all of whom are there."""
    return np.searchsorted(ids, some).astype(np.int64), np.ones(len(some), np.bool_)


def _begin(window: EventWindow, as_of: datetime) -> datetime | None:
    return as_of - timedelta(days=window.days) if window.days is not None else None


def _moved(window: EventWindow, before: datetime, after: datetime, midnight: int) -> Iterator[Span]:
    """Where events of one UTC day were that count at one of two moments alone, or count otherwise."""
    begin, end = microseconds(before), microseconds(after)
    if window.days is not None:
        spans = [Span(begin=begin - away, end=end - away) for away in (0, window.days * DAY_US)]
        yield from (span for span in spans if span.end >= midnight and span.begin < midnight + DAY_US)
        return
    # Of what is counted in whole days, each event counts one more as the moment of its day passes.
    away = (begin - midnight) // DAY_US * DAY_US
    for shift in (away - DAY_US, away, away + DAY_US):
        yield Span(begin=begin - shift, end=end - shift)


def _midnight(file: Path) -> int | None:
    """When the UTC day of a file's events begins; None for a file of another name, which may have any."""
    try:
        day = date.fromisoformat(file.name[:DAY_LENGTH])
    except ValueError:
        return None
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _files_since(files: Sequence[Path], begin: datetime | None) -> Sequence[Path]:
    """The files of the UTC days that a window may see."""
    if begin is None:
        return files
    first = microseconds(begin) - DAY_US
    return [file for file in files if (midnight := _midnight(file)) is None or midnight > first]
