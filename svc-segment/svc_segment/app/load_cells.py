"""Brings in which scenes lie in which cells; it must not know who was seen there."""

from collections.abc import Callable
from datetime import datetime

from carillon_chassis.database import Database
from svc_segment.app.end_snapshot import end_counted
from svc_segment.app.load_snapshot import Check
from svc_segment.domain.cell_file import tell_cells
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.reference import scenes_of_areas, shipped_catchment
from svc_segment.store.sightings import list_scenes, put_cells, put_scene
from svc_segment.store.snapshot_loader import SnapshotLoader


class LoadCells:
    """The intake of cells: by scene, by area, and by the hall in whose catchment they lie (SEG-33 to SEG-35)."""

    def __init__(self, database: Database, loader: SnapshotLoader, now: Callable[[], datetime]) -> None:
        self._database = database
        self._loader = loader
        self._now = now

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:  # noqa: ARG002 -- cells have no subscribers to check
        """Tells the file's cells anew, all at once; a hall that is no scene yet becomes one."""
        rows, misfits = await self._loader.read_cells(snapshot)
        async with self._database.unit_of_work() as unit:
            told = tell_cells(rows, await list_scenes(unit), scenes_of_areas(), shipped_catchment())
            for hall in told.halls:
                await put_scene(unit, hall, by=f"snapshot:{snapshot.id}", now=self._now())
            await put_cells(unit, told.cells)
            rejects = sorted([*told.rejects, *misfits], key=lambda one: one.row)
            notices = [f"{len(told.halls)} halls are watched from now on"] if told.halls else []
            await end_counted(
                unit, snapshot, rejects, rows=len(rows) + len(misfits), accepted=len(told.cells), notices=notices
            )
