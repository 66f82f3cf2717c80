"""Brings in a file of events of the past; it tells nobody of them, since what they should have caused is over."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, tzinfo

from carillon_chassis.database import Database
from carillon_chassis.jobs import enqueue
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.load_snapshot import Check
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.event_files import add_event_files
from svc_segment.store.granting import find_ordinals
from svc_segment.store.sighting_file import SeenInFile, Watch
from svc_segment.store.sightings import all_cells, list_scenes, merge_sightings
from svc_segment.store.snapshot_file import unknown_number
from svc_segment.store.snapshot_loader import SnapshotLoader


class LoadEvents:
    """The intake of events (SEG-60)."""

    def __init__(
        self,
        database: Database,
        loader: SnapshotLoader,
        now: Callable[[], datetime],
        zone: tzinfo,
        prepare: Callable[[Collection[str]], Awaitable[None]],
    ) -> None:
        self._database = database
        self._loader = loader
        self._now = now
        self._zone = zone
        self._prepare = prepare

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Adds the file's events to the past, all at once; of those that say where somebody was, scene and day (SEG-29)."""
        shape, checked = await check(Dictionary())
        async with self._database.read() as unit:
            ordinals = await find_ordinals(unit, checked.numbers)
        checked = checked.without(ordinals == 0, unknown_number)
        ordinals = ordinals[ordinals != 0]
        async with self._database.read() as unit:
            watch = Watch(scenes=await list_scenes(unit), cells=await all_cells(unit), now=self._now(), zone=self._zone)
        seen = await self._loader.read_sightings(snapshot, checked, ordinals, watch)
        days = await self._loader.keep_events(snapshot, checked, ordinals, shape.values)
        await self._prepare(list(days))
        async with self._database.unit_of_work() as unit:
            await add_event_files(unit, days, snapshot_id=snapshot.id)
            await merge_sightings(unit, seen.days)
            await end_loaded(unit, snapshot, checked, notices=_notices(seen))
            await enqueue(
                unit, REBUILD_SEGMENTS, f"events {snapshot.id}".encode(), key=f"{REBUILD_SEGMENTS}:{snapshot.id}"
            )


def _notices(seen: SeenInFile) -> list[str]:
    if not seen.rows:
        return []
    kept = sum(len(subscribers) for subscribers in seen.days.values())
    return [f"{seen.rows:,} rows say where somebody was: of them {kept:,} days in scenes are kept, and nothing else"]
