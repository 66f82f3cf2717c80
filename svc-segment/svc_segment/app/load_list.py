"""Brings in a list of numbers as a segment of that name; it must not make subscribers of those it does not know."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
from pyroaring import BitMap

from carillon_chassis.database import Database
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.keep_list import save_list
from svc_segment.app.load_snapshot import Check
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.granting import find_ordinals
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.store.snapshots import supersede_others


class LoadList:
    """The intake of lists: users of other clients, friends, points, groups, questionnaires (SEG-49, SEG-50, SEG-58)."""

    def __init__(self, database: Database, loader: SnapshotLoader, now: Callable[[], datetime]) -> None:
        self._database = database
        self._loader = loader
        self._now = now

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Makes the list's membership whole; numbers that nobody has are counted apart, as strangers."""
        shape, checked = await check(Dictionary())
        async with self._database.read() as unit:
            ordinals = await find_ordinals(unit, checked.numbers)
        known = ordinals != 0
        members = BitMap(np.sort(ordinals[known]))
        members.run_optimize()
        if shape.values:
            customers = checked.among(known)
            file = f"{snapshot.id}.parquet"
            await self._loader.keep_list(snapshot, customers, ordinals[known], shape.values, file)
        async with self._database.unit_of_work() as unit:
            await save_list(
                unit,
                name=snapshot.name,
                members=members,
                snapshot_id=snapshot.id,
                as_of=snapshot.as_of,
                now=self._now(),
            )
            strangers = int((~known).sum())
            notices = [f"{strangers:,} numbers are nobody's"] if strangers else []
            await end_loaded(unit, snapshot, checked, strangers=strangers, notices=notices)
            await supersede_others(unit, snapshot)
