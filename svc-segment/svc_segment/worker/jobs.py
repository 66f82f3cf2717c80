"""Names the jobs of svc-segment and what each is given; it must not do their work."""

import uuid
from collections.abc import Mapping

from carillon_chassis.jobs import JobHandler
from svc_segment.app.load_snapshot import LoadSnapshot
from svc_segment.app.rebuild_segments import SegmentRebuild
from svc_segment.app.receive_snapshot import LOAD_SNAPSHOT
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS, rebuild_of


def job_handlers(load: LoadSnapshot, rebuild: SegmentRebuild) -> Mapping[str, JobHandler]:
    """The handlers by the name of their job; both may be repeated."""

    async def load_snapshot(payload: bytes) -> None:
        await load(uuid.UUID(bytes=payload))

    async def rebuild_segments(payload: bytes) -> None:
        await rebuild(rebuild_of(payload))

    return {LOAD_SNAPSHOT: load_snapshot, REBUILD_SEGMENTS: rebuild_segments}
