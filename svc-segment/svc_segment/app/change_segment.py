"""Renames, describes and archives segments, and takes them out of the archive; it must not touch who belongs."""

import uuid
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_segment.app.create_segment import name_taken
from svc_segment.app.get_segment import segment_archived, segment_not_found, to_be_shown
from svc_segment.app.request_rebuild import request_rebuild_of
from svc_segment.domain.segment import Segment
from svc_segment.store.segments import change_segment as write_segment
from svc_segment.store.segments import find_segments, find_users, list_naming, lock_graph, lock_segment


async def change_segment(
    unit: UnitOfWork,
    *,
    segment_id: uuid.UUID,
    name: str | None,
    description: str | None,
    archived: bool | None,
    by: str,
    now: datetime,
) -> Segment:
    """The segment as it is called now; what is None stays. Archiving is undone by archiving it no more.

    Raises NotFound SEGMENT_NOT_FOUND, Conflict SEGMENT_NAME_TAKEN, StateRefused SEGMENT_IN_USE where another segment
    reads the one to be archived, SEGMENT_NAMED where a rule calls the one to be renamed by its name, SEGMENT_ARCHIVED
    where one to be taken out reads an archived one.
    """
    await lock_graph(unit)
    segment = await lock_segment(unit, segment_id)
    if segment is None:
        raise segment_not_found(segment_id, "id")
    changed = replace(
        segment,
        name=segment.name if name is None else name,
        description=segment.description if description is None else description,
        archived=segment.archived if archived is None else archived,
        changed_by=by,
        changed_at=now,
    )
    if changed.name != segment.name:
        await _check_unnamed(unit, segment)
    if changed.archived and not segment.archived:
        await _check_unused(unit, segment)
    if segment.archived and not changed.archived:
        await _check_parts(unit, segment)
        # What it rests on may have moved while it lay there.
        await request_rebuild_of(unit, segment_id, segment.version)
    if not await write_segment(unit, changed, changed_at=now):
        raise await name_taken(unit, changed.name)
    (shown,) = await to_be_shown(unit, [changed], now=now)
    return shown


async def _check_unused(unit: UnitOfWork, segment: Segment) -> None:
    users = await find_users(unit, segment.id)
    if users:
        raise StateRefused(
            reason="SEGMENT_IN_USE",
            field="archived",
            detail=f"'{segment.name}' is read by {', '.join(sorted(users.values()))}; archive or redefine them first",
            metadata={"used_by": ",".join(str(user) for user in users)},
        )


async def _check_unnamed(unit: UnitOfWork, segment: Segment) -> None:
    naming = await list_naming(unit, segment)
    if naming:
        raise StateRefused(
            reason="SEGMENT_NAMED",
            field="name",
            detail=f"the rules of {', '.join(naming)} call '{segment.name}' by its name; let them call it by its id",
        )


async def _check_parts(unit: UnitOfWork, segment: Segment) -> None:
    parts = await find_segments(unit, segment.definition.needs.segments)
    for part in parts.values():
        if part.archived:
            raise segment_archived(part, "archived")
