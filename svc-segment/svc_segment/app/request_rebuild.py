"""Books the job that brings segments up to the data; it must not compute who belongs."""

import uuid

from carillon_chassis.database import UnitOfWork
from carillon_chassis.jobs import enqueue
from svc_segment.store.segments import find_users

REBUILD_SEGMENTS = "rebuild_segments"
# The bytes of an id.
ID_BYTES = 16


def rebuild_of(payload: bytes) -> uuid.UUID:
    """The rebuild that a job was booked for: its id, or one of its own for any other text, such as a version."""
    return uuid.UUID(bytes=payload) if len(payload) == ID_BYTES else uuid.uuid5(uuid.NAMESPACE_OID, payload.decode())


async def request_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID) -> None:
    """A rebuild of whatever is behind, whose progress is kept under ``rebuild_id``."""
    await enqueue(unit, REBUILD_SEGMENTS, rebuild_id.bytes, key=f"{REBUILD_SEGMENTS}:{rebuild_id}")


async def request_rebuild_of(unit: UnitOfWork, segment_id: uuid.UUID, version: int) -> None:
    """A rebuild because this segment may be behind."""
    await request_rebuild(unit, uuid.uuid5(segment_id, f"version {version}"))


async def request_rebuild_of_users(unit: UnitOfWork, segment_id: uuid.UUID, version: int) -> None:
    """A rebuild because this segment has this version now; none where no other segment reads it."""
    if await find_users(unit, segment_id):
        await request_rebuild_of(unit, segment_id, version)
