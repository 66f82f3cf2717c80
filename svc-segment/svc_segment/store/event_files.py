"""Says which files hold the events of the past, and moves events from the table to them; it must not touch the files."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from carillon_chassis.database import UnitOfWork
from svc_segment.store.history import to_events

ADD = "INSERT INTO event_file (file, day, rows, snapshot_id) VALUES ($1, $2, $3, $4)"
OLDEST = "SELECT id, subscriber_id, type, at, attributes::text FROM event ORDER BY id LIMIT $1"
OF_DAYS = "SELECT file, day, rows FROM event_file WHERE day = ANY($1::date[]) ORDER BY rows, file"
TAKE_EVENTS = "WITH gone AS (DELETE FROM event WHERE id = ANY($1::bigint[]) RETURNING 1) SELECT count(*) FROM gone"
TAKE_FILES = "WITH gone AS (DELETE FROM event_file WHERE file = ANY($1::text[]) RETURNING 1) SELECT count(*) FROM gone"
FORGET = "DELETE FROM event_file WHERE day < $1 RETURNING file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshEvents:
    """Events that are in no file yet, of EVENT_SCHEMA, with their ids."""

    ids: Sequence[int]
    events: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """A file of the events of one UTC day."""

    file: str
    day: date
    rows: int


async def add_event_files(
    unit: UnitOfWork, files: Mapping[str, tuple[date, int]], *, snapshot_id: uuid.UUID | None
) -> None:
    """Adds files with their day and rows; ``snapshot_id`` is None for events that came one by one."""
    rows = [(file, day, count, snapshot_id) for file, (day, count) in files.items()]
    await unit.driver.executemany(ADD, rows)


async def count_fresh(unit: UnitOfWork, limit: int) -> int:
    """How many events are in no file yet; counting ends at ``limit``."""
    return int(await unit.driver.fetchval("SELECT count(*) FROM (SELECT FROM event LIMIT $1) AS fresh", limit))


async def read_fresh(unit: UnitOfWork, limit: int) -> FreshEvents:
    """The oldest events that are in no file yet."""
    rows = await unit.driver.fetch(OLDEST, limit)
    return FreshEvents(ids=[row["id"] for row in rows], events=to_events(rows))


async def files_of_days(unit: UnitOfWork, days: Sequence[date]) -> Sequence[EventFile]:
    """The files of some days, the smallest first."""
    return [EventFile(**dict(row)) for row in await unit.driver.fetch(OF_DAYS, days)]


async def move_events(
    unit: UnitOfWork, ids: Sequence[int], merged: Sequence[str], files: Mapping[str, tuple[date, int]]
) -> bool:
    """Lets files take the place of events and of smaller files; False when another process took any of them first."""
    taken = await unit.driver.fetchval(TAKE_EVENTS, ids), await unit.driver.fetchval(TAKE_FILES, merged)
    await add_event_files(unit, files, snapshot_id=None)
    return taken == (len(ids), len(merged))


async def forget_events(unit: UnitOfWork, before: date) -> Sequence[str]:
    """Lets the files go whose day is over too long, and gives them."""
    return [row[0] for row in await unit.driver.fetch(FORGET, before)]
