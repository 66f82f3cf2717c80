"""What tests hold of tags, scenes and cells: stubs, people who are seen, and what is told of them."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from carillon.segment.v1 import event_pb2, snapshot_pb2, tag_pb2, tag_pb2_grpc
from carillon_chassis.client import invoke

from .match_desk import MatchDesk
from .segmentation import Segmentation, new_request_id, number_of

PEOPLE = 60
CELL = "cell-00017"
GONE_SECONDS = 30


class Tagging:
    """A served svc-segment's tags."""

    def __init__(self, segmentation: Segmentation, tags: tag_pb2_grpc.TagServiceStub, matching: MatchDesk) -> None:
        self.segmentation = segmentation
        self.tags = tags
        self.matching = matching

    async def watch(self, code: str = "WORK", path: str = "circle/work", **more: object) -> None:
        values = {"confidence": 0.75, "window_days": 14, "least_days": 3, **more}
        scene = tag_pb2.Scene(code=code, path=path, **values)  # type: ignore[arg-type]  # the fields of a test
        await invoke(self.tags.PutScene, tag_pb2.PutSceneRequest(request_id=new_request_id(), scene=scene))

    async def put_cell(self, cell: str, *scenes: str) -> None:
        cells = [tag_pb2.Cell(cell=cell, scenes=scenes)]
        await invoke(self.tags.PutCells, tag_pb2.PutCellsRequest(request_id=new_request_id(), cells=cells))

    async def see(self, subscribers: Iterable[int], *, days: int, cell: str = CELL, until: int = 0) -> None:
        """Lets subscribers be seen on so many days, the last ``until`` days ago."""
        for back in range(until, until + days):
            at = datetime.now(UTC) - timedelta(days=back, minutes=5)
            events = [
                event_pb2.Event(msisdn=number_of(one), type="cell_seen", attributes={"cell": cell})
                for one in subscribers
            ]
            for event in events:
                event.at.FromDatetime(at)
            request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
            answer = await invoke(self.segmentation.events.RecordEvents, request)
            assert (answer.accepted, len(answer.rejected)) == (len(events), 0)

    async def refresh(self) -> None:
        await invoke(self.tags.RefreshTags, tag_pb2.RefreshTagsRequest(request_id=new_request_id()))

    async def of(self, subscriber_id: int) -> dict[str, float]:
        request = tag_pb2.ListSubscriberTagsRequest(subscriber_id=subscriber_id)
        answer = await invoke(self.tags.ListSubscriberTags, request)
        return {tag.path: round(tag.confidence, 4) for tag in answer.tags}

    async def all(self) -> dict[str, int | None]:
        answer = await invoke(self.tags.ListTags, tag_pb2.ListTagsRequest())
        return {tag.path: tag.count if tag.HasField("count") else None for tag in answer.tags}

    async def tag(self, path: str, segment_id: str, confidence: float, valid_days: int = 0) -> int:
        request = tag_pb2.TagSegmentRequest(
            request_id=new_request_id(), path=path, segment_id=segment_id, confidence=confidence, valid_days=valid_days
        )
        return (await invoke(self.tags.TagSegment, request)).count

    async def forgotten(self, snapshot: snapshot_pb2.Snapshot) -> None:
        """Waits until a file as it came and all that was made of it are gone: the moment after its load has ended."""
        folder = self.segmentation.data_dir
        async with asyncio.timeout(GONE_SECONDS):
            while (folder / "uploads" / snapshot.sha256).exists() or any((folder / "work").glob(f"{snapshot.id}-*")):
                await asyncio.sleep(0.02)
