"""Brings in a month of usage, whole: a later file for the month takes its place; partial and late months are told."""

from collections.abc import Awaitable, Callable
from datetime import date

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Conflict
from carillon_chassis.jobs import enqueue
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.load_snapshot import Check
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS
from svc_segment.domain.snapshot import Snapshot
from svc_segment.domain.usage_month import UsageMonth
from svc_segment.store.granting import find_ordinals
from svc_segment.store.history import read_measures
from svc_segment.store.snapshot_file import unknown_number
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.store.snapshots import supersede_others
from svc_segment.store.usage_months import lock_usage, newest_month, save_measures, save_usage


class LoadUsage:
    """The intake of monthly usage (SEG-05)."""

    def __init__(self, database: Database, loader: SnapshotLoader, prepare: Callable[[str], Awaitable[None]]) -> None:
        self._database = database
        self._loader = loader
        self._prepare = prepare

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Makes the file the month's next version; raises Conflict USAGE_OLDER for what is known better already."""
        if snapshot.month is None:
            raise ValueError(f"the usage {snapshot.id} is of no month")
        async with self._database.read() as unit:
            known = await read_measures(unit)
        shape, checked = await check(known)
        async with self._database.read() as unit:
            ordinals = await find_ordinals(unit, checked.numbers)
        checked = checked.without(ordinals == 0, unknown_number)
        file = f"{snapshot.month:%Y-%m}-{snapshot.id}.parquet"
        rows = await self._loader.keep_usage(snapshot, checked, ordinals[ordinals != 0], shape.values, file)
        await self._prepare(file)
        async with self._database.unit_of_work() as unit:
            standing = await lock_usage(unit, snapshot.month)
            month = UsageMonth(
                month=snapshot.month,
                version=standing.version + 1 if standing else 1,
                file=file,
                rows=rows,
                complete=snapshot.complete,
                as_of=snapshot.as_of,
            )
            _check_newer(month, standing)
            (await read_measures(unit)).extended_by(shape.values.values())
            notices = await _notices(unit, month, standing)
            await save_measures(unit, shape.values.values())
            await save_usage(unit, month, snapshot.id)
            await self._loader.spare([standing.file] if standing else [])
            await end_loaded(unit, snapshot, checked, notices=notices)
            await supersede_others(unit, snapshot)
            said = f"usage {month.month} {month.version}"
            await enqueue(unit, REBUILD_SEGMENTS, said.encode(), key=f"{REBUILD_SEGMENTS}:{said}")


def _check_newer(month: UsageMonth, standing: UsageMonth | None) -> None:
    if standing is not None and standing.as_of > month.as_of:
        raise Conflict(
            reason="USAGE_OLDER",
            field="as_of",
            detail=f"the usage of {month.month:%Y-%m} is loaded as of {standing.as_of}; "
            f"this file knows it only as of {month.as_of}",
        )


async def _notices(unit: UnitOfWork, month: UsageMonth, standing: UsageMonth | None) -> list[str]:
    """What an operator should know of this month, in words."""
    newest: date | None = await newest_month(unit)
    told = []
    if not month.complete:
        told.append(f"the month is partial: the file describes it up to {month.as_of}")
    if newest is not None and newest > month.month:
        told.append(f"the file is late: usage of {newest:%Y-%m} is loaded already")
    if standing is not None:
        told.append(f"it takes the place of version {standing.version}, which was as of {standing.as_of}")
    return told
