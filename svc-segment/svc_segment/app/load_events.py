"""Brings in a file of events of the past; it tells nobody of them, since what they should have caused is over."""

from carillon_chassis.database import Database
from carillon_chassis.jobs import enqueue
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.load_snapshot import Check
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.event_files import add_event_files
from svc_segment.store.granting import find_ordinals
from svc_segment.store.snapshot_file import unknown_number
from svc_segment.store.snapshot_loader import SnapshotLoader


class LoadEvents:
    """The intake of events (SEG-60)."""

    def __init__(self, database: Database, loader: SnapshotLoader) -> None:
        self._database = database
        self._loader = loader

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Adds the file's events to the past, all at once."""
        shape, checked = await check(Dictionary())
        async with self._database.read() as unit:
            ordinals = await find_ordinals(unit, checked.numbers)
        checked = checked.without(ordinals == 0, unknown_number)
        days = await self._loader.keep_events(snapshot, checked, ordinals[ordinals != 0], shape.values)
        async with self._database.unit_of_work() as unit:
            await add_event_files(unit, days, snapshot_id=snapshot.id)
            await end_loaded(unit, snapshot, checked)
            await enqueue(
                unit, REBUILD_SEGMENTS, f"events {snapshot.id}".encode(), key=f"{REBUILD_SEGMENTS}:{snapshot.id}"
            )
