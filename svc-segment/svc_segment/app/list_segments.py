"""Lists segments by name and the definitions a segment had; it must not change them."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.paging import DEFAULT_PAGE_SIZE
from svc_segment.app.get_segment import segment_not_found, to_be_shown
from svc_segment.domain.segment import Definition, Segment
from svc_segment.store.segments import find_segment
from svc_segment.store.segments import list_definitions as read_definitions
from svc_segment.store.segments import list_segments as read_segments

# Above the number of any definition.
NEWEST = 2**31 - 1


async def list_segments(
    unit: UnitOfWork, *, named: str, after: str, with_archived: bool, page_size: int, now: datetime
) -> tuple[Sequence[Segment], str | None]:
    """One page by rising name, and the name to go on after, if there is more (SEG-68)."""
    size = page_size or DEFAULT_PAGE_SIZE
    found = await read_segments(unit, named=named, after=after, with_archived=with_archived, limit=size + 1)
    page = await to_be_shown(unit, found[:size], now=now)
    return page, page[-1].name if len(found) > size else None


async def list_definitions(
    unit: UnitOfWork, segment_id: uuid.UUID, *, before: int | None, page_size: int
) -> tuple[Sequence[Definition], int | None]:
    """One page of definitions, the newest first, and the number to go on before; raises NotFound SEGMENT_NOT_FOUND."""
    if await find_segment(unit, segment_id) is None:
        raise segment_not_found(segment_id, "id")
    size = page_size or DEFAULT_PAGE_SIZE
    found = await read_definitions(unit, segment_id, before=before or NEWEST, limit=size + 1)
    return found[:size], found[size - 1].number if len(found) > size else None
