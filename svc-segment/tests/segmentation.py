"""What tests hold of a served svc-segment: its stubs, uploads in pieces and a wait for the load's end."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from carillon.segment.v1 import (
    event_pb2_grpc,
    membership_pb2_grpc,
    segment_pb2,
    segment_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    subscriber_pb2_grpc,
)
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.database import Database

PIECE_BYTES = 1_048_576
LOAD_SECONDS = 120
ENDED = {snapshot_pb2.SNAPSHOT_STATE_LOADED, snapshot_pb2.SNAPSHOT_STATE_FAILED}
TYPES = {
    "integer": snapshot_pb2.ATTRIBUTE_TYPE_INTEGER,
    "number": snapshot_pb2.ATTRIBUTE_TYPE_NUMBER,
    "text": snapshot_pb2.ATTRIBUTE_TYPE_TEXT,
    "boolean": snapshot_pb2.ATTRIBUTE_TYPE_BOOLEAN,
    "date": snapshot_pb2.ATTRIBUTE_TYPE_DATE,
}
BASICS = {"brand": "text", "arpu": "number", "age": "integer", "member": "boolean", "joined": "date"}
_request_ids = count(1)


def new_request_id() -> str:
    return f"request-{next(_request_ids)}"


def number_of(subscriber: int) -> str:
    return f"+86138{subscriber:08d}"


def csv_file(header: Sequence[str], *rows: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def parquet_file(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """A served svc-segment."""

    snapshots: snapshot_pb2_grpc.SnapshotServiceStub
    segments: segment_pb2_grpc.SegmentServiceStub
    memberships: membership_pb2_grpc.MembershipServiceStub
    subscribers: subscriber_pb2_grpc.SubscriberServiceStub
    events: event_pb2_grpc.EventServiceStub
    database: Database
    data_dir: Path

    async def upload(
        self,
        content: bytes,
        dictionary: dict[str, str] | None = None,
        *,
        as_of: str = "2011-03-31",
        name: str = "base.csv",
        kind: str = "subscribers",
        month: str = "",
        list_name: str = "",
        list_kind: str = "",
        dimensions: Mapping[str, str] | None = None,
    ) -> snapshot_pb2.Snapshot:
        """Sends a file and gives the snapshot as it is answered."""
        header = snapshot_pb2.SnapshotHeader(
            request_id=new_request_id(),
            as_of=as_of,
            kind=kind,
            month=month,
            name=list_name,
            list_kind=list_kind,
            file_name=name,
            dictionary=[
                snapshot_pb2.Attribute(
                    name=column,
                    type=TYPES[kind],
                    description=f"The {column}",
                    dimension=(dimensions or {}).get(column, ""),
                )
                for column, kind in (dictionary or {}).items()
            ],
        )

        async def parts() -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
            yield snapshot_pb2.UploadSnapshotRequest(header=header)
            for start in range(0, len(content), PIECE_BYTES):
                yield snapshot_pb2.UploadSnapshotRequest(piece=content[start : start + PIECE_BYTES])

        answer = await invoke(self.snapshots.UploadSnapshot, parts(), timeout_seconds=60)
        return answer.snapshot

    async def ended(self, snapshot: snapshot_pb2.Snapshot) -> snapshot_pb2.Snapshot:
        """Waits for the load's end."""
        async with asyncio.timeout(LOAD_SECONDS):
            while True:
                answer = await invoke(self.snapshots.GetSnapshot, snapshot_pb2.GetSnapshotRequest(id=snapshot.id))
                if answer.snapshot.state in ENDED:
                    return answer.snapshot
                await asyncio.sleep(0.02)

    async def load(
        self,
        content: bytes,
        dictionary: dict[str, str] | None = None,
        *,
        as_of: str = "2011-03-31",
        kind: str = "subscribers",
        month: str = "",
        list_name: str = "",
        list_kind: str = "",
    ) -> snapshot_pb2.Snapshot:
        """Uploads a file and waits for the load's end."""
        uploaded = await self.upload(
            content, dictionary, as_of=as_of, kind=kind, month=month, list_name=list_name, list_kind=list_kind
        )
        return await self.ended(uploaded)

    async def rejects(self, snapshot: snapshot_pb2.Snapshot, page_size: int = 0) -> list[tuple[int, str, str]]:
        """Row, field and reason of all rejects, over all pages."""
        found: list[tuple[int, str, str]] = []
        token = ""
        while True:
            page = await invoke(
                self.snapshots.ListRejects,
                snapshot_pb2.ListRejectsRequest(snapshot_id=snapshot.id, page_size=page_size, page_token=token),
            )
            found += [(reject.row, reject.field, reject.reason) for reject in page.rejects]
            token = page.next_page_token
            if not token:
                return found

    async def count(self, rule: str) -> int:
        """The exact count of a rule."""
        answer = await invoke(self.segments.PreviewRule, segment_pb2.PreviewRuleRequest(rule=rule))
        return answer.count

    async def create(self, name: str, rule: str) -> segment_pb2.Segment:
        """Makes a segment."""
        request = segment_pb2.CreateSegmentRequest(request_id=new_request_id(), name=name, rule=rule)
        return (await invoke(self.segments.CreateSegment, request)).segment

    async def members(self, segment_id: str, *attributes: str) -> list[pa.Table]:
        """The batches of a segment's members."""
        request = segment_pb2.StreamMembersRequest(segment_id=segment_id, attributes=attributes)
        stream = invoke_stream(self.segments.StreamMembers, request, timeout_seconds=60)
        return [pa.ipc.open_stream(response.arrow_ipc).read_all() async for response in stream]

    async def rebuilt(self, segment_id: str, *, version: int) -> segment_pb2.Segment:
        """Waits for a version of a segment's membership."""
        async with asyncio.timeout(LOAD_SECONDS):
            while True:
                answer = await invoke(self.segments.GetSegment, segment_pb2.GetSegmentRequest(id=segment_id))
                if answer.segment.version >= version:
                    return answer.segment
                await asyncio.sleep(0.02)
