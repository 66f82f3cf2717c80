"""Looks at snapshots, their rejects and the attributes that came of them; it must not change anything."""

import uuid

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.paging import DEFAULT_PAGE_SIZE
from svc_segment.domain.snapshot import Reject, Snapshot
from svc_segment.store.snapshots import find_snapshot
from svc_segment.store.snapshots import list_rejects as read_rejects


async def get_snapshot(unit: UnitOfWork, snapshot_id: uuid.UUID) -> Snapshot:
    """A snapshot and how far it is; raises NotFound SNAPSHOT_NOT_FOUND."""
    snapshot = await find_snapshot(unit, snapshot_id)
    if snapshot is None:
        raise NotFound(reason="SNAPSHOT_NOT_FOUND", field="id", detail=f"there is no snapshot {snapshot_id}")
    return snapshot


async def list_rejects(
    unit: UnitOfWork, snapshot_id: uuid.UUID, *, after_row: int, page_size: int
) -> tuple[list[Reject], int | None]:
    """One page of rejects by rising row, and the row to go on after, if there is more; raises NotFound."""
    await get_snapshot(unit, snapshot_id)
    size = page_size or DEFAULT_PAGE_SIZE
    rejects = await read_rejects(unit, snapshot_id, after_row=after_row, limit=size + 1)
    return rejects[:size], rejects[size - 1].row if len(rejects) > size else None
