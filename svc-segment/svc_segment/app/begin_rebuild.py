"""Begins a rebuild on somebody's word and shows how far it is; it must not rebuild."""

import uuid
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_segment.app.request_rebuild import request_rebuild
from svc_segment.domain.rebuild import Rebuild
from svc_segment.store.rebuilds import begin_rebuild as write_rebuild
from svc_segment.store.rebuilds import find_rebuild


async def begin_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID, *, now: datetime) -> Rebuild:
    """A rebuild of whatever is behind, as a job; how many that are shows once the job has looked."""
    await write_rebuild(unit, rebuild_id, now=now)
    await request_rebuild(unit, rebuild_id)
    return await get_rebuild(unit, rebuild_id)


async def get_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID) -> Rebuild:
    """A rebuild as far as it is; raises NotFound REBUILD_NOT_FOUND."""
    rebuild = await find_rebuild(unit, rebuild_id)
    if rebuild is None:
        raise NotFound(reason="REBUILD_NOT_FOUND", field="id", detail=f"there is no rebuild {rebuild_id}")
    return rebuild
