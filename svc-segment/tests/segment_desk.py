"""What tests hold of segments beyond rules: their calls in short, so that a test reads as what it is about."""

from collections.abc import AsyncIterator, Sequence

import pyarrow as pa

from carillon.segment.v1 import membership_pb2, segment_pb2
from carillon_chassis.client import invoke, invoke_stream

from .segmentation import Segmentation, new_request_id

UNKNOWN = "0190b3a0-0000-7000-8000-000000000001"
SUBSCRIBERS = 600
TYPES = {"age": "integer", "brand": "text", "branch": "text"}
BRANDS = ["GOTONE", "MZONE", "EASYOWN"]
BRANCHES = ["guangzhou", "shenzhen"]


def people(subscribers: int = SUBSCRIBERS) -> list[list[object]]:
    """Subscribers 1, 2, 3 ... as rows of age (id modulo 100), brand (modulo 3) and branch (modulo 2)."""
    return [[one % 100, BRANDS[one % 3], BRANCHES[one % 2]] for one in range(1, subscribers + 1)]


def of(segment: segment_pb2.Segment) -> segment_pb2.SetExpression:
    return segment_pb2.SetExpression(segment_id=segment.id)


def operation(
    operator: "segment_pb2.SetOperator.ValueType", *operands: segment_pb2.SetExpression
) -> segment_pb2.SetExpression:
    return segment_pb2.SetExpression(operation=segment_pb2.SetOperation(operator=operator, operands=operands))


def union(*operands: segment_pb2.SetExpression) -> segment_pb2.SetExpression:
    return operation(segment_pb2.SET_OPERATOR_UNION, *operands)


def intersection(*operands: segment_pb2.SetExpression) -> segment_pb2.SetExpression:
    return operation(segment_pb2.SET_OPERATOR_INTERSECTION, *operands)


def difference(*operands: segment_pb2.SetExpression) -> segment_pb2.SetExpression:
    return operation(segment_pb2.SET_OPERATOR_DIFFERENCE, *operands)


class SegmentDesk:
    """The calls on segments of one served svc-segment."""

    def __init__(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation

    async def rule(self, name: str, rule: str) -> segment_pb2.Segment:
        return await self.segmentation.create(name, rule)

    async def algebra(self, name: str, expression: segment_pb2.SetExpression) -> segment_pb2.Segment:
        request = segment_pb2.CreateSegmentRequest(request_id=new_request_id(), name=name, expression=expression)
        return (await invoke(self.segmentation.segments.CreateSegment, request)).segment

    async def listed(
        self, name: str, *pieces: segment_pb2.ListPiece, request_id: str = ""
    ) -> segment_pb2.CreateListResponse:
        header = segment_pb2.ListHeader(request_id=request_id or new_request_id(), name=name)

        async def parts() -> AsyncIterator[segment_pb2.CreateListRequest]:
            yield segment_pb2.CreateListRequest(header=header)
            for piece in pieces:
                yield segment_pb2.CreateListRequest(piece=piece)

        return await invoke(self.segmentation.segments.CreateList, parts(), timeout_seconds=60)

    async def redefine(
        self, segment: segment_pb2.Segment, *, rule: str = "", expression: segment_pb2.SetExpression | None = None
    ) -> segment_pb2.Segment:
        request = segment_pb2.RedefineSegmentRequest(
            request_id=new_request_id(), id=segment.id, rule=rule, expression=expression
        )
        return (await invoke(self.segmentation.segments.RedefineSegment, request)).segment

    async def change(
        self,
        segment: segment_pb2.Segment,
        *,
        name: str | None = None,
        description: str | None = None,
        archived: bool | None = None,
    ) -> segment_pb2.Segment:
        request = segment_pb2.ChangeSegmentRequest(
            request_id=new_request_id(), id=segment.id, name=name, description=description, archived=archived
        )
        return (await invoke(self.segmentation.segments.ChangeSegment, request)).segment

    async def get(self, segment_id: str) -> segment_pb2.Segment:
        request = segment_pb2.GetSegmentRequest(id=segment_id)
        return (await invoke(self.segmentation.segments.GetSegment, request)).segment

    async def all(self) -> list[segment_pb2.Segment]:
        """The first page of segments."""
        return list((await invoke(self.segmentation.segments.ListSegments, segment_pb2.ListSegmentsRequest())).segments)

    async def ids(self, segment_id: str, *, version: int = 0) -> list[int]:
        """The members of a version, the current one for 0."""
        request = segment_pb2.StreamMembersRequest(segment_id=segment_id, segment_version=version)
        stream = invoke_stream(self.segmentation.segments.StreamMembers, request, timeout_seconds=60)
        found: list[int] = []
        async for response in stream:
            found += pa.ipc.open_stream(response.arrow_ipc).read_all()["subscriber_id"].to_pylist()
        return found

    async def names(self, named: str = "", *, with_archived: bool = False, page_size: int = 0) -> list[list[str]]:
        """The names of all pages."""
        pages: list[list[str]] = []
        token = ""
        while not pages or token:
            request = segment_pb2.ListSegmentsRequest(
                name=named, with_archived=with_archived, page_size=page_size, page_token=token
            )
            page = await invoke(self.segmentation.segments.ListSegments, request)
            pages.append([segment.name for segment in page.segments])
            token = page.next_page_token
        return pages

    async def overlap(self, *segment_ids: str) -> list[list[int]]:
        request = membership_pb2.CountOverlapRequest(segment_ids=segment_ids)
        return [list(row.shared) for row in (await invoke(self.segmentation.memberships.CountOverlap, request)).rows]

    async def grid(self, keep: str, rows: Sequence[str], columns: Sequence[str]) -> membership_pb2.CountGridResponse:
        request = membership_pb2.CountGridRequest(filter=keep, rows=rows, columns=columns)
        return await invoke(self.segmentation.memberships.CountGrid, request, timeout_seconds=60)

    async def export(self, request: membership_pb2.ExportMembersRequest) -> bytes:
        stream = invoke_stream(self.segmentation.memberships.ExportMembers, request, timeout_seconds=60)
        return b"".join([response.piece async for response in stream])
