"""Names the jobs of svc-segment and what each is given; it must not do their work."""

import uuid
from collections.abc import Mapping

from carillon_chassis.database import Database
from carillon_chassis.jobs import JobHandler
from svc_segment.app.load_snapshot import REBUILD_SEGMENTS, LoadSnapshot
from svc_segment.app.rebuild_segments import rebuild_segments
from svc_segment.app.receive_snapshot import LOAD_SNAPSHOT
from svc_segment.store.engine import Engine


def job_handlers(database: Database, engine: Engine, load: LoadSnapshot) -> Mapping[str, JobHandler]:
    """The handlers by the name of their job; both may be repeated."""

    async def load_snapshot(payload: bytes) -> None:
        await load(uuid.UUID(bytes=payload))

    async def rebuild(_payload: bytes) -> None:
        await rebuild_segments(database, engine)

    return {LOAD_SNAPSHOT: load_snapshot, REBUILD_SEGMENTS: rebuild}
