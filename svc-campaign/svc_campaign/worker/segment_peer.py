"""Asks svc-segment over gRPC and reads its Arrow batches; the only place that knows its protocol."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import grpc
import pyarrow as pa

from carillon.segment.v1 import segment_pb2, segment_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.errors import NotFound
from svc_campaign.app.peers import MemberBatch, SegmentStanding

# Streaming twelve million members while they are booked and handed over takes minutes; an hour is a hang.
STREAM_TIMEOUT_SECONDS = 3600.0
SUBSCRIBER = "subscriber_id"


class SegmentPeer:
    """svc-segment as the use cases see it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._segments = segment_pb2_grpc.SegmentServiceStub(channel)
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(channel)

    async def attribute_names(self) -> frozenset[str]:
        """Names of all attributes in the dictionary."""
        response = await invoke(self._snapshots.ListAttributes, snapshot_pb2.ListAttributesRequest())
        return frozenset(attribute.name for attribute in response.attributes)

    async def look_at(self, segment_id: UUID) -> SegmentStanding | None:
        """How a segment stands now, None for one that is not there."""
        request = segment_pb2.GetSegmentRequest(id=str(segment_id))
        try:
            segment = (await invoke(self._segments.GetSegment, request)).segment
        except NotFound:
            return None
        return SegmentStanding(
            name=segment.name,
            version=segment.version,
            stale_reasons=tuple(segment.stale_reasons) if segment.stale else (),
            archived=segment.archived,
        )

    async def stream_members(
        self, segment_id: UUID, attributes: Sequence[str], *, version: int | None
    ) -> AsyncGenerator[MemberBatch, None]:
        """All members of a version by rising subscriber, in the batches that svc-segment makes."""
        request = segment_pb2.StreamMembersRequest(
            segment_id=str(segment_id), attributes=attributes, segment_version=version or 0
        )
        async for response in invoke_stream(
            self._segments.StreamMembers, request, timeout_seconds=STREAM_TIMEOUT_SECONDS
        ):
            yield read_members(response.arrow_ipc)


def read_members(arrow_ipc: bytes) -> MemberBatch:
    """One Arrow IPC stream as columns of Python values."""
    with pa.ipc.open_stream(arrow_ipc) as reader:
        table = reader.read_all()
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return MemberBatch(subscriber_ids=columns.pop(SUBSCRIBER), columns=columns)
