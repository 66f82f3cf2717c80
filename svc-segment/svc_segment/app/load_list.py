"""Brings in a list of numbers as a segment of that name; it must not make subscribers of those it does not know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.keep_list import save_list
from svc_segment.app.load_snapshot import Check
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.list_kind import find_kind
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.granting import find_ordinals
from svc_segment.store.list_months import newest_list_month, save_list_months
from svc_segment.store.reference import shipped_list_kinds
from svc_segment.store.segments import find_id
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.store.snapshots import supersede_others


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What a file says: who is in its newest month, and when that was."""

    members: BitMap
    newest: date


class LoadList:
    """The intake of lists: users of other clients, friends, points, groups, questionnaires (SEG-49, SEG-50, SEG-58)."""

    def __init__(self, database: Database, loader: SnapshotLoader, now: Callable[[], datetime]) -> None:
        self._database = database
        self._loader = loader
        self._now = now

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Makes the list's rows and its membership, that of its newest month; strangers' rows are counted apart."""
        kind = find_kind(shipped_list_kinds(), snapshot.list_kind)
        shape, checked = await check(Dictionary())
        async with self._database.read() as unit:
            ordinals = await find_ordinals(unit, checked.numbers)
        known = ordinals != 0
        customers, ordinals = checked.among(known), ordinals[known]
        files = await self._loader.keep_list(snapshot, customers, ordinals, shape.values) if shape.values else {}
        listed = _listed(snapshot, customers, ordinals)
        strangers = checked.numbers[~known]
        notices = [f"{len(np.unique(strangers)):,} numbers are nobody's"] if len(strangers) else []
        async with self._database.unit_of_work() as unit:
            late = await self._later(unit, snapshot, listed) if kind.monthly else None
            segment_id = await save_list(
                unit,
                name=snapshot.name,
                members=None if late else listed.members,
                snapshot_id=snapshot.id,
                as_of=snapshot.as_of,
                now=self._now(),
            )
            replaced = await save_list_months(
                unit,
                segment_id,
                files,
                columns=tuple(shape.values),
                snapshot_id=snapshot.id,
                whole=not kind.monthly,
            )
            await self._loader.spare(replaced)
            if late is not None:
                notices.append(f"the file is late: rows of {late:%Y-%m} are loaded already and say who is in the list")
            await end_loaded(unit, snapshot, checked, strangers=len(strangers), notices=notices)
            await supersede_others(unit, snapshot)

    async def _later(self, unit: UnitOfWork, snapshot: Snapshot, listed: _Listed) -> date | None:
        """The newest month that is loaded already, where it is later than all of the file's."""
        segment_id = await find_id(unit, snapshot.name)
        newest = await newest_list_month(unit, segment_id) if segment_id else None
        return newest if newest is not None and newest > listed.newest else None


def _listed(snapshot: Snapshot, customers: CheckedFile, ordinals: NDArray[np.uint32]) -> _Listed:
    newest = snapshot.as_of.replace(day=1)
    if len(customers.months):
        last = int(customers.months.max())
        ordinals = ordinals[customers.months == last]
        newest = np.datetime64(last, "M").astype("datetime64[D]").astype(date)
    members = BitMap(np.unique(ordinals))
    members.run_optimize()
    return _Listed(members=members, newest=newest)
