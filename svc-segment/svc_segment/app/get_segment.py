"""Looks at segments and says which are behind the data; it must not compute who belongs."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from svc_segment.app.small_groups import hide_small_groups
from svc_segment.domain.segment import Segment
from svc_segment.domain.staleness import find_stale
from svc_segment.store.memberships import read_data_versions, read_marks
from svc_segment.store.segments import find_segment, lock_segment


def segment_not_found(segment_id: uuid.UUID, field: str) -> NotFound:
    """The refusal of an id that no segment has."""
    return NotFound(reason="SEGMENT_NOT_FOUND", field=field, detail=f"there is no segment {segment_id}")


async def get_segment(unit: UnitOfWork, segment_id: uuid.UUID, *, now: datetime) -> Segment:
    """A segment with the day and, where that may be shown, the size of its current membership.

    Raises NotFound SEGMENT_NOT_FOUND.
    """
    segment = await find_segment(unit, segment_id)
    if segment is None:
        raise segment_not_found(segment_id, "id")
    (shown,) = await to_be_shown(unit, [segment], now=now)
    return shown


async def require_segment(unit: UnitOfWork, segment_id: uuid.UUID) -> Segment:
    """A segment that nobody else changes until the transaction ends and that is not archived.

    Raises NotFound SEGMENT_NOT_FOUND, StateRefused SEGMENT_ARCHIVED.
    """
    segment = await lock_segment(unit, segment_id)
    if segment is None:
        raise segment_not_found(segment_id, "id")
    if segment.archived:
        raise segment_archived(segment, "id")
    return segment


def segment_archived(segment: Segment, field: str) -> StateRefused:
    """The refusal of a segment that was put away."""
    return StateRefused(
        reason="SEGMENT_ARCHIVED",
        field=field,
        detail=f"the segment '{segment.name}' is archived; take it out of the archive first",
    )


async def to_be_shown(unit: UnitOfWork, segments: Iterable[Segment], *, now: datetime) -> list[Segment]:
    """The segments with what they are behind of, and without sizes that are persons, in their order."""
    return await hide_small_groups(unit, await with_staleness(unit, segments, now=now))


async def with_staleness(unit: UnitOfWork, segments: Iterable[Segment], *, now: datetime) -> list[Segment]:
    """The segments with what their memberships are behind of, in their order."""
    found = list(segments)
    marks = await read_marks(unit, [segment.id for segment in found])
    stale = find_stale(marks, await read_data_versions(unit), now=now)
    return [replace(segment, stale=stale.get(segment.id, ())) for segment in found]
