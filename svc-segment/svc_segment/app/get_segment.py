"""Looks at a segment; it must not compute anything."""

import uuid

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_segment.domain.segment import Segment
from svc_segment.store.segments import find_segment


def segment_not_found(segment_id: uuid.UUID, field: str) -> NotFound:
    """The refusal of an id that no segment has."""
    return NotFound(reason="SEGMENT_NOT_FOUND", field=field, detail=f"there is no segment {segment_id}")


async def get_segment(unit: UnitOfWork, segment_id: uuid.UUID) -> Segment:
    """A segment with the size and day of its current membership; raises NotFound SEGMENT_NOT_FOUND."""
    segment = await find_segment(unit, segment_id)
    if segment is None:
        raise segment_not_found(segment_id, "id")
    return segment
