"""Moves events from the table into files by day and lets old ones go; it must not change an event.

Every step may be repeated: a process that dies anywhere leaves the events where they were, and files that nothing
points to are swept.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pyarrow as pa
from pyarrow import compute

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_segment.store.event_files import (
    EventFile,
    count_fresh,
    files_of_days,
    forget_events,
    move_events,
    read_fresh,
)
from svc_segment.store.event_roller import EventRoller

# Events a file: some megabytes of memory, and ten seconds of the highest rate.
MOST_EVENTS = 50_000
# Fewer wait this long for more, so that a quiet operator does not write a file for each event.
PATIENCE = timedelta(minutes=1)
# A file is rewritten together with fresh events while it is at most this many times as large as they are: so each
# event is rewritten some times in its life and no day has more than some files.
GROWTH = 2


class RollEvents:
    """One round: a chunk of events into files, when there is enough of them or they waited long enough."""

    def __init__(
        self,
        database: Database,
        roller: EventRoller,
        now: Callable[[], datetime],
        new_id: Callable[[], uuid.UUID],
        *,
        days_kept: int,
    ) -> None:
        self._database = database
        self._roller = roller
        self._now = now
        self._new_id = new_id
        self._days_kept = days_kept
        self._rolled_at = now()

    async def __call__(self) -> int:
        """How many events it moved; raises Unavailable when another process was faster."""
        now = self._now()
        async with self._database.read() as unit:
            fresh = await count_fresh(unit, MOST_EVENTS)
        waited = now - self._rolled_at >= PATIENCE
        if not fresh or (fresh < MOST_EVENTS and not waited):
            return 0
        moved = await self._roll()
        # A full chunk leaves more behind it, which goes on at once.
        self._rolled_at = now if moved < MOST_EVENTS else self._rolled_at
        async with self._database.unit_of_work() as unit:
            await self._roller.spare(await forget_events(unit, now.date() - timedelta(days=self._days_kept)))
        return moved

    async def _roll(self) -> int:
        async with self._database.read() as unit:
            fresh = await read_fresh(unit, MOST_EVENTS)
            rows = _rows_by_day(fresh.events)
            merged = _to_merge(await files_of_days(unit, list(rows)), rows)
        files = await self._roller.roll(fresh.events, merged, self._new_id().hex)
        async with self._database.unit_of_work() as unit:
            if not await move_events(unit, fresh.ids, merged, files):
                raise Unavailable(reason="EVENTS_MOVED", detail="another process moved these events meanwhile")
        return len(fresh.ids)


def _rows_by_day(events: pa.Table) -> dict[date, int]:
    """The events of each day; ``at`` is in UTC."""
    days = events["at"].cast(pa.date32())
    return {one["values"]: one["counts"] for one in compute.value_counts(days).to_pylist()}


def _to_merge(files: Sequence[EventFile], rows: dict[date, int]) -> list[str]:
    """The files that are rewritten with what comes, the smallest first, as long as each is not much larger."""
    merged = []
    for file in files:
        if file.rows <= GROWTH * rows[file.day]:
            merged.append(file.file)
            rows[file.day] += file.rows
    return merged
