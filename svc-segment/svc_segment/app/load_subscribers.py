"""Brings in a file of subscribers: grants ordinals, ends lives, merges and swaps the subscribers whole."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import numpy as np

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Unavailable
from carillon_chassis.jobs import enqueue
from svc_segment.app.end_snapshot import end_loaded
from svc_segment.app.load_snapshot import Check
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.segment import Base
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.attributes import read_dictionary, save_attributes
from svc_segment.store.bases import lock_base, read_base, save_base
from svc_segment.store.granting import begin_lives, end_lives, find_ordinals, grant_ordinals, read_ended
from svc_segment.store.snapshot_file import CheckedFile, unknown_number
from svc_segment.store.snapshot_loader import SnapshotLoader

# Tells that lives ended, by subscriber, in the transaction that ends them.
TellEnded = Callable[[UnitOfWork, Mapping[int, date]], Awaitable[None]]
# Makes a file of subscribers ready to be asked about.
Prepare = Callable[[str], Awaitable[None]]


class LoadSubscribers:
    """The intake of subscribers (SEG-02, SEG-59)."""

    def __init__(self, database: Database, loader: SnapshotLoader, tell_ended: TellEnded, prepare: Prepare) -> None:
        self._database = database
        self._loader = loader
        self._tell_ended = tell_ended
        self._prepare = prepare

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Makes the file's subscribers the next version; raises Unavailable when another load swapped in between."""
        async with self._database.read() as unit:
            # In this order the dictionary has every column of the file; a swap in between is found at our own.
            base = await read_base(unit)
            known = await read_dictionary(unit)
        shape, checked = await check(known)
        async with self._database.unit_of_work() as unit:
            checked, ending = await _find_ending(unit, checked)
            ordinals = await grant_ordinals(
                unit, checked.numbers, ending=np.array(list(checked.ended), np.int64), snapshot_id=snapshot.id
            )
            ended = np.union1d(await read_ended(unit), np.fromiter(ending, np.uint32, len(ending)))
        file = f"{snapshot.id}.parquet"
        subscribers = await self._loader.merge(
            snapshot,
            checked,
            ordinals,
            attributes=(known if base else Dictionary()).extended_by(shape.values.values()),
            base=base,
            ended=ended,
            file=file,
        )
        await self._prepare(file)
        version = base.version + 1 if base else 1
        swapped = Base(version=version, file=file, as_of=snapshot.as_of, subscribers=subscribers)
        await self._swap(snapshot, checked, shape.values, swapped, ending)

    async def _swap(
        self, snapshot: Snapshot, checked: CheckedFile, in_file: Dictionary, base: Base, ending: Mapping[int, date]
    ) -> None:
        async with self._database.unit_of_work() as unit:
            current = await lock_base(unit)
            if (current.version if current else 0) + 1 != base.version:
                raise Unavailable(
                    reason="BASE_SWAPPED", detail="another snapshot was loaded meanwhile; it is done again"
                )
            (await read_dictionary(unit)).extended_by(in_file.values())
            await save_attributes(unit, in_file.values())
            await save_base(unit, base, snapshot.id)
            await self._loader.spare([current.file] if current else [])
            if ending:
                await end_lives(unit, ending)
                await begin_lives(unit, snapshot.id)
                await self._tell_ended(unit, ending)
            notices = [f"the lives of {len(ending):,} subscribers ended"] if ending else []
            await end_loaded(unit, snapshot, checked, notices=notices)
            await enqueue(unit, REBUILD_SEGMENTS, str(base.version).encode(), key=f"{REBUILD_SEGMENTS}:{base.version}")


async def _find_ending(unit: UnitOfWork, checked: CheckedFile) -> tuple[CheckedFile, Mapping[int, date]]:
    """The days of the lives that end, by subscriber; a row that ends nobody's is a reject."""
    numbers = np.array(list(checked.ended), np.int64)
    ordinals = await find_ordinals(unit, numbers)
    ending = {
        int(one): checked.ended[number].on
        for number, one in zip(numbers.tolist(), ordinals.tolist(), strict=True)
        if one
    }
    nobodys = [checked.ended[number].row for number in numbers[ordinals == 0].tolist()]
    living = {number: checked.ended[number] for number in numbers[ordinals != 0].tolist()}
    return checked.ending(living, [unknown_number(row) for row in nobodys]), ending
