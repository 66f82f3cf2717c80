"""Events move into files by day, each once, whatever dies in between; old ones go."""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

import svc_segment.migrations
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.app import roll_events
from svc_segment.app.roll_events import RollEvents
from svc_segment.domain.event import Event
from svc_segment.store.engine import EngineLimits
from svc_segment.store.event_roller import EventRoller
from svc_segment.store.events import insert_events
from svc_segment.store.folders import LEFT_ALONE, DataFolder
from svc_segment.store.history import read_history

NOW = datetime(2011, 3, 31, 12, tzinfo=UTC)
NUMBERS = count(1)


class Rolling:
    """A round of rolling over a database of its own, at a time that tests move."""

    def __init__(self, database: Database, root: Path, *, roller: EventRoller | None = None) -> None:
        self.database = database
        self.folder = DataFolder(root)
        self.now = NOW
        self.roll = RollEvents(
            database,
            roller or EventRoller(self.folder, EngineLimits(memory_mb=128, threads=1, spill=root)),
            lambda: self.now,
            lambda: uuid.UUID(int=next(NUMBERS)),
            days_kept=730,
        )

    async def book(self, *events: Event) -> None:
        async with self.database.unit_of_work() as unit:
            await insert_events(unit, events)

    async def seen(self) -> list[tuple[int, str, datetime]]:
        """Every event of files and table."""
        async with self.database.read() as unit:
            history = await read_history(unit, self.folder, as_of=self.now)
        tables = [history.recent, *(parquet.read_table(file) for file in history.events)]
        rows = [row for table in tables for row in table.to_pylist()]
        return sorted((row["subscriber_id"], row["type"], row["at"]) for row in rows)

    async def files(self) -> Mapping[str, int]:
        async with self.database.read() as unit:
            rows = await unit.driver.fetch("SELECT day, file, rows FROM event_file ORDER BY day, file")
        return {row["file"]: row["rows"] for row in rows}


def event(subscriber: int = 1, kind: str = "visit", at: datetime = NOW) -> Event:
    return Event(subscriber_id=subscriber, type=kind, at=at, attributes={"page": "首页"})


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    database = await make_database(svc_segment.migrations.__path__[0])
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO number (subscriber_id, msisdn) SELECT n, n FROM generate_series(1, 9) AS n"
        )
    return database


async def test_events_wait_a_minute_for_more_and_then_lie_in_files_by_day(database: Database, tmp_path: Path) -> None:
    rolling = Rolling(database, tmp_path)
    await rolling.book(event(2), event(1, "recharge"), event(1), event(at=NOW - timedelta(days=1)))
    before = await rolling.seen()
    assert await rolling.roll() == 0
    rolling.now += timedelta(minutes=1)
    assert await rolling.roll() == 4
    assert [file[:10] for file in await rolling.files()] == ["2011-03-30", "2011-03-31"]
    assert await rolling.seen() == before
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM event") == 0
        history = await read_history(unit, rolling.folder, as_of=NOW)
    assert [(row["type"], row["subscriber_id"]) for row in parquet.read_table(history.events[1]).to_pylist()] == [
        ("recharge", 1),
        ("visit", 1),
        ("visit", 2),
    ]
    assert parquet.read_table(history.events[0])["attributes"].to_pylist() == [[("page", "首页")]]
    assert await rolling.roll() == 0


async def test_small_files_of_a_day_are_merged_and_large_ones_left_alone(database: Database, tmp_path: Path) -> None:
    rolling = Rolling(database, tmp_path)
    for round_number, events in enumerate((20, 2, 2, 1, 1, 30)):
        await rolling.book(*[event(round_number + 1) for _ in range(events)])
        rolling.now += timedelta(minutes=1)
        assert await rolling.roll() == events
    assert sorted((await rolling.files()).values()) == [56]
    assert len(await rolling.seen()) == 56


async def test_an_old_file_that_was_merged_is_not_swept_from_under_a_question(
    database: Database, tmp_path: Path
) -> None:
    rolling = Rolling(database, tmp_path)
    for _ in range(2):
        await rolling.book(event())
        rolling.now += timedelta(minutes=1)
        for file in await rolling.files():
            os.utime(rolling.folder.events(file), (0, 0))
        before = set(await rolling.files())
        await rolling.roll()
    now = datetime.now(UTC)
    after = set(await rolling.files())
    assert (len(before), before & after) == (1, set())
    rolling.folder.sweep(keep=after, now=now)
    assert all(rolling.folder.events(file).exists() for file in before)
    rolling.folder.sweep(keep=after, now=now + LEFT_ALONE + timedelta(minutes=1))
    assert not any(rolling.folder.events(file).exists() for file in before)


async def test_a_full_chunk_moves_at_once(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_events, "MOST_EVENTS", 3)
    rolling = Rolling(database, tmp_path)
    await rolling.book(*[event(one) for one in range(1, 8)])
    assert [await rolling.roll() for _ in range(3)] == [3, 3, 0]
    assert len(await rolling.seen()) == 7


class Dying(EventRoller):
    """Writes its files, and then the process is gone; or another process was faster."""

    def __init__(self, folder: DataFolder, database: Database, fault: str) -> None:
        super().__init__(folder, EngineLimits(memory_mb=128, threads=1, spill=folder.events("")))
        self._database = database
        self._fault = fault

    async def roll(self, fresh: pa.Table, merged: object, name: str) -> Mapping[str, tuple[date, int]]:
        written = await super().roll(fresh, list(merged), name)  # type: ignore[call-overload]  # a sequence it is
        if self._fault == "dies":
            raise OSError("the disk is gone")
        other = Rolling(self._database, self._folder.events("").parent)
        other.now += timedelta(minutes=2)
        other.roll._rolled_at = NOW
        await other.roll()
        return written


@pytest.mark.parametrize(("fault", "error"), [("dies", OSError), ("overtaken", Unavailable)])
async def test_each_event_stays_once_whatever_happens(
    database: Database, tmp_path: Path, fault: str, error: type[Exception]
) -> None:
    dying = Rolling(database, tmp_path, roller=Dying(DataFolder(tmp_path), database, fault))
    await dying.book(event(1), event(2))
    before = await dying.seen()
    dying.now += timedelta(minutes=1)
    with pytest.raises(error):
        await dying.roll()
    assert await dying.seen() == before
    rolling = Rolling(database, tmp_path)
    rolling.now += timedelta(minutes=1)
    assert await rolling.roll() == (2 if fault == "dies" else 0)
    assert await rolling.seen() == before
    assert not list((tmp_path / "work").iterdir())


async def test_old_days_go(database: Database, tmp_path: Path) -> None:
    rolling = Rolling(database, tmp_path)
    await rolling.book(event(1, at=NOW - timedelta(days=731)), event(2, at=NOW - timedelta(days=730)))
    rolling.now += timedelta(minutes=1)
    assert await rolling.roll() == 2
    assert [one for one, *_ in await rolling.seen()] == [2]


async def test_a_day_that_goes_is_not_swept_from_under_a_question(database: Database, tmp_path: Path) -> None:
    rolling = Rolling(database, tmp_path)
    await rolling.book(event(1, at=NOW - timedelta(days=729)))
    rolling.now += timedelta(minutes=1)
    await rolling.roll()
    (file,) = await rolling.files()
    os.utime(rolling.folder.events(file), (0, 0))
    await rolling.book(event(2))
    rolling.now += timedelta(days=2)
    await rolling.roll()
    after, now = set(await rolling.files()), datetime.now(UTC)
    assert file not in after
    rolling.folder.sweep(keep=after, now=now)
    assert rolling.folder.events(file).exists()
    rolling.folder.sweep(keep=after, now=now + LEFT_ALONE + timedelta(minutes=1))
    assert not rolling.folder.events(file).exists()
