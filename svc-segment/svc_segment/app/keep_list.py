"""Makes segments of lists and changes them by hand; it must not guess whom an unknown number means."""

import asyncio
import uuid
from dataclasses import replace
from datetime import date, datetime

from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, Unavailable
from svc_segment.app.compute_members import Computed
from svc_segment.app.create_segment import keep_new_segment, name_taken
from svc_segment.app.get_segment import require_segment
from svc_segment.app.request_rebuild import request_rebuild_of_users
from svc_segment.domain.member_list import ListCounts, MemberList
from svc_segment.domain.segment import Definition, Provenance, Segment, SegmentKind
from svc_segment.store.memberships import read_members, swap_members
from svc_segment.store.ordinals import find_by_ids, find_by_numbers
from svc_segment.store.segments import change_segment, find_id, lock_segment


async def create_list(
    unit: UnitOfWork, entries: MemberList, *, segment_id: uuid.UUID, name: str, description: str, by: str, now: datetime
) -> tuple[Segment, ListCounts]:
    """A segment of whoever the entries name, and what became of them; raises Conflict SEGMENT_NAME_TAKEN."""
    members, counts = await _find_members(unit, entries)
    segment = await keep_list(
        unit,
        members,
        segment_id=segment_id,
        name=name,
        description=description,
        as_of=now.date(),
        by=by,
        now=now,
    )
    return segment, counts


async def keep_list(
    unit: UnitOfWork,
    members: BitMap,
    *,
    segment_id: uuid.UUID,
    name: str,
    description: str,
    as_of: date,
    by: str,
    now: datetime,
) -> Segment:
    """A segment of these members at version 1; raises Conflict SEGMENT_NAME_TAKEN (metadata: id)."""
    definition = Definition(defined_by=by, defined_at=now)
    computed = Computed(members=members, provenance=_provenance(as_of, now))
    return await keep_new_segment(
        unit, computed, segment_id=segment_id, name=name, description=description, definition=definition, now=now
    )


async def save_list(
    unit: UnitOfWork, *, name: str, members: BitMap | None, snapshot_id: uuid.UUID, as_of: date, now: datetime
) -> uuid.UUID:
    """The list of a loaded file: a new segment, or the next version of the list of that name, replaced whole.

    Without ``members`` they stay who they were, in a next version all the same: the list's rows are others. Gives the
    segment's id. Raises Conflict SEGMENT_NAME_TAKEN where the name is of a segment that is no list.
    """
    by = f"snapshot:{snapshot_id}"
    known = await find_id(unit, name)
    if known is None:
        segment_id = uuid.uuid5(snapshot_id, "list")
        first = members if members is not None else BitMap()
        await keep_list(unit, first, segment_id=segment_id, name=name, description="", as_of=as_of, by=by, now=now)
        return segment_id
    segment = await lock_segment(unit, known)
    if segment is None or segment.kind is not SegmentKind.LIST:
        raise await name_taken(unit, name)
    if members is None:
        _, members = (await read_members(unit, [known]))[known]
    await swap_members(unit, known, members, _provenance(as_of, now), after=segment.version, now=now)
    await change_segment(unit, replace(segment, archived=False, changed_by=by), changed_at=now)
    await request_rebuild_of_users(unit, known, segment.version + 1)
    return known


async def change_list(
    unit: UnitOfWork, *, segment_id: uuid.UUID, added: MemberList, removed: MemberList, by: str, now: datetime
) -> tuple[Segment, ListCounts]:
    """The list with some more and without others at its next version; the counts are of what was added.

    Raises NotFound SEGMENT_NOT_FOUND, StateRefused SEGMENT_ARCHIVED, InvalidInput SEGMENT_KIND.
    """
    segment = await require_segment(unit, segment_id)
    if segment.kind is not SegmentKind.LIST:
        raise InvalidInput(
            reason="SEGMENT_KIND",
            field="id",
            detail=f"'{segment.name}' is by {segment.kind}; only lists change by hand",
        )
    more, counts = await _find_members(unit, added)
    fewer, _ = await _find_members(unit, removed)
    _, before = (await read_members(unit, [segment_id]))[segment_id]
    members = (before | more) - fewer
    provenance = _provenance(now.date(), now)
    if not await swap_members(unit, segment_id, members, provenance, after=segment.version, now=now):
        raise Unavailable(reason="SEGMENT_MOVED", detail="the list was changed meanwhile; try again")
    changed = replace(
        segment, version=segment.version + 1, count=len(members), as_of=provenance.as_of, changed_by=by, changed_at=now
    )
    await change_segment(unit, changed, changed_at=now)
    await request_rebuild_of_users(unit, segment_id, changed.version)
    return changed, counts


async def _find_members(unit: UnitOfWork, entries: MemberList) -> tuple[BitMap, ListCounts]:
    distinct = await asyncio.to_thread(entries.distinct)
    by_number = await find_by_numbers(unit, distinct.numbers)
    by_id = await find_by_ids(unit, distinct.subscriber_ids)
    members = by_number | by_id
    return members, distinct.counts(members=len(members), found=len(by_number) + len(by_id))


def _provenance(as_of: date, now: datetime) -> Provenance:
    return Provenance(definition=1, base=0, usage=0, events=0, read_at=now, as_of=as_of)
