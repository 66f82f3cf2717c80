"""Masks of windows over events: right at every moment, whatever moved since they were made, and quick to renew."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.history import History, PastEvent
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Leaf
from svc_segment.store import condition_masks, event_masks, event_measures
from svc_segment.store.base_rows import BaseRows
from svc_segment.store.condition_masks import WORD_BITS, changed_mask, to_flags, to_mask
from svc_segment.store.event_masks import EventMasks, event_window
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import EVENT_SCHEMA, HistoryFiles

from .rule_pasts import AS_OF, NUMBERS, SCOPE, TEXTS, ZONES
from .rule_texts import DICTIONARY

CONDITIONS = [
    "count_events('visit', 1) >= 1",
    "count_events('visit', 3) = 2",
    "count_events('visit', 30) < 3",
    "count_events('visit', 30, 'shop' = 'one') between 1 and 2",
    "count_events('visit', 730, 'shop' = 'nobody said it') = 0",
    "days_with_events('visit', 2) >= 2",
    "days_with_events('visit', 365) in (1, 3)",
    "sum_events('visit', 'price', 3) >= 0.3",
    "avg_events('visit', 'price', 30) > 0.1",
    "min_events('visit', 'price', 30) is null",
    "max_events('visit', 'price', 730, 'shop' = '0.1') <= 1",
    "days_since_event('visit') <= 2",
    "days_since_event('visit') between 3 and 30",
    "days_since_event('visit') is null",
    "no_events('visit', 2)",
]
# Two blocks of rows, where a block is one word of a mask.
SUBSCRIBERS = 80
BIG = 2**24
# A hundred and sixty were done once; files are read anew at each question where nothing may be kept.
STEPS = {0: 4, BIG: 16}
SEEDS = 3
# Of which one has ended its life, and one's ordinal was never given.
LIVING = [one for one in range(3, SUBSCRIBERS + 3) if one not in {7, 20}]


def condition(text: str) -> Leaf:
    return read_rule(text, DICTIONARY, SCOPE)  # type: ignore[return-value]  # a single condition


@dataclass(kw_only=True)
class Past:
    """What happened, and in which file each lies; those that are in none are absent."""

    root: Path
    chance: random.Random
    events: list[tuple[int, PastEvent]] = field(default_factory=list)
    filed: dict[int, Path] = field(default_factory=dict)
    written: int = 0

    def happen(self, as_of: datetime) -> None:
        """Some more events, near the edges of windows."""
        for _ in range(self.chance.randrange(6)):
            back = timedelta(days=self.chance.choice([0, 1, 2, 3, 30, 365]))
            off = timedelta(seconds=self.chance.choice([-7_200, -60, -1, 0, 1, 60, 4_000]))
            said = {name: self.chance.choice([*NUMBERS, *TEXTS]) for name in ("price", "shop")}
            attributes = {name: text for name, text in said.items() if self.chance.random() < 0.8}
            kind = self.chance.choice(["visit", "visit", "buy"])
            event = PastEvent(type=kind, at=as_of - back + off, attributes=attributes)
            self.events.append((self.chance.randrange(1, SUBSCRIBERS + 5), event))

    def roll(self) -> list[str]:
        """Moves what is in no file into files by day, some together with what a file of the day has; gives the new files."""
        days: dict[str, list[int]] = {}
        for place, (_, event) in enumerate(self.events):
            if place not in self.filed:
                days.setdefault(f"{event.at.astimezone(UTC):%Y-%m-%d}", []).append(place)
        self.root.mkdir(exist_ok=True)
        for day, places in days.items():
            if self.chance.random() < 0.5:
                places += [place for place, file in self.filed.items() if file.name.startswith(day)]
            self.written += 1
            file = self.root / f"{day}-{self.written}.parquet"
            parquet.write_table(self.table(places), file)
            self.filed.update(dict.fromkeys(places, file))
        return [file.name for file in set(self.filed.values()) if file.name.endswith(f"-{self.written}.parquet")]

    def files(self, as_of: datetime) -> HistoryFiles:
        """The past as the engine is given it."""
        recent = [place for place in range(len(self.events)) if place not in self.filed]
        files = tuple(sorted(set(self.filed.values())))
        return HistoryFiles(usage={}, events=files, recent=self.table(recent), as_of=as_of)

    def of(self, subscriber: int, as_of: datetime, zone: tzinfo) -> History:
        """The past of one subscriber, as the compiler for one row is given it."""
        own = tuple(event for one, event in self.events if one == subscriber)
        return History(as_of=as_of, zone=zone, events=own)

    def table(self, places: Sequence[int]) -> pa.Table:
        """Some of the events as they lie in files."""
        rows = [
            {"subscriber_id": one, "type": event.type, "at": event.at, "attributes": list(event.attributes.items())}
            for one, event in (self.events[place] for place in places)
        ]
        return pa.Table.from_pylist(rows, schema=EVENT_SCHEMA)


def rows_of(living: Sequence[int]) -> BaseRows:
    ids = np.array(living, np.uint32)
    return BaseRows(file="one", ids=ids, everyone=to_mask(np.ones(len(ids), np.bool_)))


def found(masks: EventMasks, rows: BaseRows, text: str, history: HistoryFiles, *, truth: bool = True) -> list[int]:
    mask = masks.find(rows, (condition(text), truth), history)
    assert mask is not None
    ids: list[int] = rows.ids[to_flags(mask, len(rows.ids))].tolist()
    return ids


def test_a_mask_is_changed_at_some_rows_and_nowhere_else() -> None:
    before = np.random.default_rng(1).random(300) < 0.5
    mask = to_mask(before)
    places = np.array([0, 7, 8, 63, 64, 299, 5], np.int64)
    flags = np.array([True, False, True, False, True, False, True])
    after = before.copy()
    after[places] = flags
    assert (to_flags(changed_mask(mask, places, flags), 300) == after).all()
    assert (to_flags(mask, 300) == before).all()


@pytest.mark.parametrize("limit", [0, BIG])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_mask_is_right_at_every_moment_however_events_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, limit: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(condition_masks, "BLOCK_ROWS", WORD_BITS if seed else condition_masks.BLOCK_ROWS)
    zone = chance.choice(ZONES)
    past = Past(root=tmp_path / "events", chance=chance)
    masks, rows = EventMasks(DataFolder(tmp_path), zone, columns_bytes=limit, masks_bytes=limit), rows_of(LIVING)
    as_of = AS_OF
    fits = {text: compile_closure(condition(text)) for text in CONDITIONS}
    for step in range(STEPS[limit]):
        seconds = chance.choice([-2, 0, 0.000_001, 1, 60, 3_600, 80_000, 90_000])
        as_of += timedelta(seconds=seconds)
        past.happen(as_of)
        if chance.random() < 0.3:
            written = past.roll()
            masks.prepare(written if chance.random() < 0.5 else [])
        history = past.files(as_of)
        for text in CONDITIONS:
            for truth in (True, False):
                wanted = [one for one in LIVING if fits[text]({}, past.of(one, as_of, zone)) is truth]
                assert found(masks, rows, text, history, truth=truth) == wanted, (step, text, truth)


def test_a_file_that_says_no_day_is_looked_into_at_every_moment(tmp_path: Path) -> None:
    past = Past(root=tmp_path / "events", chance=random.Random(1))
    past.events = [(3, PastEvent(type="visit", at=AS_OF))]
    past.filed = {0: past.root / "some.parquet"}
    past.root.mkdir()
    parquet.write_table(past.table([0]), past.filed[0])
    masks, rows = EventMasks(DataFolder(tmp_path), UTC, columns_bytes=BIG, masks_bytes=BIG), rows_of(LIVING)
    moments = [timedelta(microseconds=-1), timedelta(0), timedelta(days=1, microseconds=-1), timedelta(days=1)]
    text = "count_events('visit', 1) = 1"
    assert [found(masks, rows, text, past.files(AS_OF + one)) for one in moments] == [[], [3], [3], []]


def test_a_mask_whose_file_was_merged_into_another_and_swept_is_measured_anew(tmp_path: Path) -> None:
    past = Past(root=tmp_path / "events", chance=random.Random(1))
    past.events = [(3, PastEvent(type="visit", at=AS_OF))]
    past.roll()
    # Nothing of a file is kept at hand, and masks are.
    masks, rows = EventMasks(DataFolder(tmp_path), UTC, columns_bytes=0, masks_bytes=BIG), rows_of(LIVING)
    text = "count_events('visit', 1) = 1"
    assert found(masks, rows, text, past.files(AS_OF)) == [3]
    past.events.append((4, PastEvent(type="visit", at=AS_OF)))
    merged = past.filed[0].with_name(f"{AS_OF.astimezone(UTC):%Y-%m-%d}-merged.parquet")
    parquet.write_table(past.table([0, 1]), merged)
    past.filed[0].unlink()
    past.filed = {0: merged, 1: merged}
    assert found(masks, rows, text, past.files(AS_OF)) == [3, 4]


@pytest.mark.parametrize(
    "text",
    [
        "count_events('visit', 3) > count_events('visit', 30)",
        "count_events('visit', 3) > n",
        "sum_events('visit', 'price', 3) > 9007199254740994",
        "n > 3",
    ],
)
def test_what_is_about_more_than_a_window_and_plain_numbers_is_asked_of_the_engine(text: str) -> None:
    assert event_window(condition(text)) is None


def test_a_moment_later_only_those_who_moved_are_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Past(root=tmp_path / "events", chance=random.Random(1))
    day = timedelta(days=1)
    past.events = [(one, PastEvent(type="visit", at=AS_OF - day + timedelta(seconds=one))) for one in LIVING]
    past.roll()
    masks, rows = EventMasks(DataFolder(tmp_path), UTC, columns_bytes=BIG, masks_bytes=BIG), rows_of(LIVING)
    text = "count_events('visit', 1) >= 1"
    assert found(masks, rows, text, past.files(AS_OF)) == LIVING
    measured: list[int] = []

    def measure(*arguments: object, rows: int, **named: object) -> object:
        measured.append(rows)
        return original(*arguments, rows=rows, **named)  # type: ignore[arg-type]  # whatever it is given

    original = event_measures.measure_events
    monkeypatch.setattr(event_masks, "measure_events", measure)
    later = replace(past.files(AS_OF), as_of=AS_OF + timedelta(seconds=4))
    assert found(masks, rows, text, later) == [one for one in LIVING if one > 4]
    assert measured == [2]
