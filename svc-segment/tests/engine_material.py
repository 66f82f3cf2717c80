"""A data folder of random subscribers with their pasts, the same for a seed, for tests that ask engines of it."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pyroaring import BitMap

from svc_segment.domain.attributes import Value
from svc_segment.domain.rules.closure import Row, RowRule
from svc_segment.domain.rules.history import History, ListRow, PastEvent
from svc_segment.domain.segment import Base
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import EVENT_SCHEMA, HistoryFiles
from svc_segment.store.surroundings import Surroundings

from .rule_pasts import (
    AS_OF,
    LAST_MONTH,
    LIST_MONTHS,
    MONTHS,
    NUMBERS,
    SEGMENTS,
    TAGS,
    TEXTS,
    ZONES,
    event_rows,
    list_rows,
    members_of,
    tag_rows,
    usage_rows,
)

SAMPLE_SCHEMA = pa.schema(
    [
        ("subscriber_id", pa.uint32()),
        *((name, pa.int64()) for name in "ij"),
        *((name, pa.float64()) for name in "nm"),
        *((name, pa.string()) for name in "tu"),
        *((name, pa.bool_()) for name in "bc"),
        *((name, pa.date32()) for name in "de"),
    ]
)
USAGE_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("arpu", pa.float64()), ("downloads", pa.int64())])
LIST_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("columns", pa.map_(pa.string(), pa.string()))])
TAG_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("path", pa.string()), ("confidence", pa.float64())])


@dataclass(frozen=True, kw_only=True)
class MaterialValues:
    """What attributes of events and columns of lists may be, and what a measure of usage may."""

    texts: Sequence[str]
    usage: Sequence[float]


ANY_VALUES = MaterialValues(texts=[*NUMBERS, *TEXTS], usage=[0.0, 0.1, 0.2, 0.3, 1.0, -1.5])
# Values that PostgreSQL's decimals and our doubles add alike.
PLAIN_VALUES = MaterialValues(
    texts=["0", "1", "-1.5", "0.25", "999999999.5", "", "one", "1e3", ".5", "1\n", "0.1234567"],
    usage=[0.0, 0.25, -1.5, 1.0, 2.75],
)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What lies in the folder, and the same in Python: subscriber n is row n - 1."""

    folder: DataFolder
    base: Base
    around: Surroundings
    rows: Sequence[Row]
    pasts: Sequence[History]

    def fitting(self, closure: RowRule) -> BitMap:
        """Who fits, by the compiler for one row."""
        answers = (closure(row, past) for row, past in zip(self.rows, self.pasts, strict=True))
        return BitMap([index for index, answer in enumerate(answers, start=1) if answer is True])


def make_material(root: Path, *, subscribers: int, seed: int, values: MaterialValues = ANY_VALUES) -> Material:
    """Writes the files of so many subscribers; each twentieth has no past at all."""
    chance = random.Random(seed)
    rows = [_row(chance) for _ in range(subscribers)]
    pasts = [_past(chance, values, empty=index % 20 == 0) for index in range(subscribers)]
    folder = DataFolder(root)
    numbered = [{"subscriber_id": index, **row} for index, row in enumerate(rows, start=1)]
    # Small row groups, so that engines read and join several.
    base = pa.Table.from_pylist(numbered, schema=SAMPLE_SCHEMA)
    parquet.write_table(base, folder.base("one.parquet"), row_group_size=max(subscribers // 3, 1))
    tags = root / "tags.parquet"
    parquet.write_table(pa.Table.from_pylist(tag_rows(pasts), schema=TAG_SCHEMA), tags)
    return Material(
        folder=folder,
        base=Base(version=1, file="one.parquet", as_of=AS_OF.date(), subscribers=subscribers),
        around=Surroundings(
            history=_history(folder, pasts),
            memberships={one: BitMap(members_of(pasts, one)) for one in SEGMENTS.values()},
            tags=tags,
            lists={one: _list_files(folder, pasts, one) for one in LIST_MONTHS},
        ),
        rows=rows,
        pasts=pasts,
    )


def _history(folder: DataFolder, pasts: Sequence[History]) -> HistoryFiles:
    """A file a month and a day; each third event is in no file yet, and somebody who is gone has one, too."""
    usage = {}
    for month in MONTHS:
        usage[month] = folder.usage(f"{month:%Y-%m}-1.parquet")
        parquet.write_table(pa.Table.from_pylist(usage_rows(pasts, month), schema=USAGE_SCHEMA), usage[month])
    events = event_rows(pasts)
    events += [{"subscriber_id": len(pasts) + 7, "type": "visit", "at": AS_OF - timedelta(hours=1), "attributes": []}]
    days: dict[date, list[dict[str, object]]] = {}
    recent = []
    for index, event in enumerate(events):
        at = event["at"]
        if index % 3 and isinstance(at, datetime):
            days.setdefault(at.date(), []).append(event)
        else:
            recent.append(event)
    files = []
    for day, rows in sorted(days.items()):
        files.append(folder.events(f"{day}-1.parquet"))
        parquet.write_table(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA), files[-1])
    return HistoryFiles(
        usage=usage, events=tuple(files), recent=pa.Table.from_pylist(recent, schema=EVENT_SCHEMA), as_of=AS_OF
    )


def _list_files(folder: DataFolder, pasts: Sequence[History], segment_id: uuid.UUID) -> dict[date, Path]:
    """A file for each month of a list."""
    files = {}
    for month in (one for one in MONTHS if one <= LIST_MONTHS[segment_id]):
        files[month] = folder.lists(f"{segment_id}-{month:%Y-%m}.parquet")
        parquet.write_table(pa.Table.from_pylist(list_rows(pasts, segment_id, month), LIST_SCHEMA), files[month])
    return files


def _row(chance: random.Random) -> Row:
    values: dict[str, Value] = {
        **{name: chance.choice([-1, 0, 1, 2, 3, 4, 365]) for name in "ij"},
        **{name: chance.choice([0.0, 0.1, 0.3, 1.0, 1.5, -1.5, 2.0]) for name in "nm"},
        **{name: chance.choice(["", "a", "B", "全球", "a%b", "_"]) for name in "tu"},
        **{name: chance.random() < 0.5 for name in "bc"},
        **{name: date(2000, 1, 1) + timedelta(days=chance.randrange(-2, 3)) for name in "de"},
    }
    return {name: value if chance.random() > 0.1 else None for name, value in values.items()}


def _past(chance: random.Random, values: MaterialValues, *, empty: bool) -> History:
    if empty:
        return History(as_of=AS_OF, zone=ZONES[0], last_month=LAST_MONTH, list_months=LIST_MONTHS)
    return History(
        as_of=AS_OF,
        zone=ZONES[0],
        last_month=LAST_MONTH,
        events=tuple(_event(chance, values) for _ in range(chance.randrange(6))),
        usage={month: _month(chance, values) for month in MONTHS if chance.random() < 0.6},
        segments=frozenset(one for one in SEGMENTS.values() if chance.random() < 0.4),
        lists={one: _listed(chance, values, newest) for one, newest in LIST_MONTHS.items()},
        list_months=LIST_MONTHS,
        tags={path: chance.choice([0.0, 0.3, 0.7, 1.0]) for path in TAGS if chance.random() < 0.3},
    )


def _event(chance: random.Random, values: MaterialValues) -> PastEvent:
    back = chance.choice([0, 1, 2, 3, 18, 19, 20, 29, 30, 31, 364, 365, 366, 729, 730, 731])
    off = chance.choice([-1, 0, 1, 3_600_000_000, -7_200_000_000])
    return PastEvent(
        type=chance.choice(["visit", "it's a buy"]),
        at=(AS_OF - timedelta(days=back) + timedelta(microseconds=off)).astimezone(UTC),
        attributes={name: chance.choice(values.texts) for name in ("price", "shop") if chance.random() < 0.7},
    )


def _listed(chance: random.Random, values: MaterialValues, newest: date) -> tuple[ListRow, ...]:
    months = [month for month in MONTHS if month <= newest]
    return tuple(
        ListRow(
            month=chance.choice(months),
            columns={name: chance.choice(values.texts) for name in ("service", "n") if chance.random() < 0.7},
        )
        for _ in range(chance.randrange(4))
    )


def _month(chance: random.Random, values: MaterialValues) -> dict[str, float | None]:
    return {
        "arpu": chance.choice([None, *values.usage]),
        "downloads": chance.choice([None, 0, 1, 2, 3]),
    }
