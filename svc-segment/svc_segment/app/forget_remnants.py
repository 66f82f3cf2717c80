"""Lets memberships go that a scene which is over had a part in, once they are renewed; it must not renew them (SEG-29).

The current version is renewed by the rebuild that new tags lead to. The one before it, which a question may have begun
on, goes minutes later instead of with the rebuild after the next; one that a launch streams by number when the launch
must be over. Archived segments, which nobody rebuilds, are emptied, and so is what could not be rebuilt.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from svc_segment.app.stream_members import PINNED_FOR
from svc_segment.domain.staleness import find_stale
from svc_segment.store.memberships import read_data_versions, read_marks, read_provenances, swap_members
from svc_segment.store.scene_remnants import Remnant, drop_older, end_remnant, read_remnants

# The longest question over all subscribers takes a minute or two.
READ_SECONDS = 600
# A rebuild of everything takes a quarter of an hour; what is behind for an hour is not being rebuilt.
REBUILT_WITHIN = timedelta(hours=1)


async def forget_remnants(database: Database, *, now: datetime) -> int:
    """One look, repeatable: drops what may go and gives how many segments are left to look at again."""
    async with database.read() as unit:
        remnants = await read_remnants(unit)
        behind = await _behind(unit, [one.segment_id for one in remnants], now) if remnants else {}
    left = len(remnants)
    for remnant in remnants:
        async with database.unit_of_work() as unit:
            left -= await _forget(unit, remnant, now, behind=behind[remnant.segment_id])
    return left


async def _forget(unit: UnitOfWork, remnant: Remnant, now: datetime, *, behind: bool) -> bool:
    """Does what is due for one segment; True once nothing of the scene is left in it."""
    renewed = not behind and remnant.read_at >= remnant.since
    empty = remnant.count == 0
    if not renewed and not empty:
        if remnant.archived or now - remnant.since > REBUILT_WITHIN:
            await _empty(unit, remnant, now)
    elif not remnant.older:
        await end_remnant(unit, remnant.segment_id)
        return True
    if now - max(remnant.since, remnant.read_at) > timedelta(seconds=READ_SECONDS):
        await drop_older(unit, remnant.segment_id, now=now, pinned=now - remnant.since > PINNED_FOR)
    return False


async def _empty(unit: UnitOfWork, remnant: Remnant, now: datetime) -> None:
    """A next version without anybody; it is as far behind as the one before, so that a rebuild is still due."""
    provenance = (await read_provenances(unit, [remnant.segment_id]))[remnant.segment_id]
    await swap_members(unit, remnant.segment_id, BitMap(), provenance, after=remnant.version, now=now)


async def _behind(unit: UnitOfWork, segment_ids: Collection[uuid.UUID], now: datetime) -> Mapping[uuid.UUID, bool]:
    """Whether each segment is yet to be rebuilt."""
    stale = find_stale(await read_marks(unit, segment_ids), await read_data_versions(unit), now=now)
    return {segment_id: bool(stale.get(segment_id)) for segment_id in segment_ids}
