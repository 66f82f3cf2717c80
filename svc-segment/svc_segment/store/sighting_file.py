"""Reads who was in which scene on which day out of a file's sightings; it must not give a cell or a time on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.history import DAY_US, LocalTime, local_time
from svc_segment.domain.scene import CELL_ATTRIBUTE, CELL_SEEN, HOURS_A_DAY, Scene
from svc_segment.store.local_clocks import local_us
from svc_segment.store.snapshot_file import BATCH_ROWS, CheckedFile
from svc_segment.store.sorted_rows import joined_rows

HOUR_US = DAY_US // HOURS_A_DAY
EPOCH_DAY = date(1970, 1, 1)
# Who was in a scene on a day.
SceneDays = Mapping[tuple[str, date], BitMap]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is looked for: the scenes, the cells of each by its code, and what day it is where the operator is."""

    scenes: Sequence[Scene]
    cells: Mapping[str, Sequence[str]]
    now: datetime
    zone: tzinfo

    def local(self) -> LocalTime:
        """The operator's clocks as far back as any scene looks."""
        longest = max((scene.window_days for scene in self.scenes), default=1)
        return local_time(self.zone, self.now - timedelta(days=longest + 1), self.now + timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenInFile:
    """How many sightings a file has, and all that is kept of them."""

    rows: int
    days: SceneDays


def read_sightings(
    connection: duckdb.DuckDBPyConnection, checked: CheckedFile, ordinals: NDArray[np.uint32], watch: Watch
) -> SeenInFile:
    """Who was seen in a scene's cells in its hours, by scene and day (SEG-28, SEG-29); older days than it looks at go."""
    if CELL_ATTRIBUTE not in checked.typed.values:
        return SeenInFile(rows=0, days={})
    rows = joined_rows(connection, checked, ordinals)
    found = connection.sql(
        f'SELECT granted.{SUBSCRIBER_COLUMN}, epoch_us("at") AS at_us, trim("{CELL_ATTRIBUTE}") AS {CELL_ATTRIBUTE} '  # noqa: S608 -- checked names
        f"FROM {rows} WHERE trim(\"type\") = '{CELL_SEEN}'"
    )
    count, days = 0, dict[tuple[str, date], BitMap]()
    local = watch.local()
    for batch in cast("Sequence[pa.RecordBatch]", found.to_arrow_reader(BATCH_ROWS)):
        count += batch.num_rows
        _take(batch, watch, local, days)
    return SeenInFile(rows=count, days=days)


def _take(batch: pa.RecordBatch, watch: Watch, local: LocalTime, days: dict[tuple[str, date], BitMap]) -> None:
    day, hour = np.divmod(local_us(batch["at_us"].to_numpy(), local), DAY_US)
    hour //= HOUR_US
    # 1 January 1970 was a Thursday.
    weekday = (day + 3) % 7 + 1
    today = (watch.now.astimezone(watch.zone).date() - EPOCH_DAY).days
    cells = batch[CELL_ATTRIBUTE].dictionary_encode()
    names, codes = cells.dictionary.to_pylist(), cells.indices.to_numpy()
    subscribers = batch[SUBSCRIBER_COLUMN].to_numpy().astype(np.uint32)
    for scene in watch.scenes:
        inside = np.array([scene.code in watch.cells.get(name, ()) for name in names], np.bool_)
        seen = inside[codes] if len(names) else np.zeros(0, np.bool_)
        seen &= (hour >= scene.from_hour) & (hour < scene.to_hour) & np.isin(weekday, sorted(scene.weekdays))
        seen &= (day > today - scene.window_days) & (day <= today)
        for one in np.unique(day[seen]).tolist():
            key = (scene.code, EPOCH_DAY + timedelta(days=one))
            days.setdefault(key, BitMap()).update(subscribers[seen & (day == one)])
