"""Names the jobs of svc-segment and what each is given; it must not do their work."""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from carillon_chassis.jobs import JobHandler
from svc_segment.app.load_snapshot import LoadSnapshot
from svc_segment.app.rebuild_segments import SegmentRebuild
from svc_segment.app.receive_snapshot import LOAD_SNAPSHOT
from svc_segment.app.request_rebuild import REBUILD_SEGMENTS, rebuild_of


def by_id(job: Callable[[uuid.UUID], Awaitable[None]]) -> JobHandler:
    """A job that is given the sixteen bytes of an id."""

    async def handle(payload: bytes) -> None:
        await job(uuid.UUID(bytes=payload))

    return handle


def job_handlers(load: LoadSnapshot, rebuild: SegmentRebuild) -> Mapping[str, JobHandler]:
    """The handlers by the name of their job; both may be repeated."""

    async def rebuild_segments(payload: bytes) -> None:
        await rebuild(rebuild_of(payload))

    return {LOAD_SNAPSHOT: by_id(load), REBUILD_SEGMENTS: rebuild_segments}
