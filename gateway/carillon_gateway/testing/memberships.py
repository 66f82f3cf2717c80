"""Stand-ins for the segments and memberships of svc-segment that answer from memory; they must not be more than the edge's tests need."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import membership_pb2, membership_pb2_grpc, segment_pb2, segment_pb2_grpc
from carillon_chassis.errors import InvalidInput, NotFound

COUNT = 21_307
AS_OF = "2008-03-20"
MOMENT = Timestamp(seconds=1_205_971_200)


class SegmentsStandIn(segment_pb2_grpc.SegmentServiceServicer):
    """Segments of a fixed size, except for lists."""

    def __init__(self) -> None:
        self._segments: dict[str, segment_pb2.Segment] = {}

    async def CreateSegment(self, request: segment_pb2.CreateSegmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        _check_rule(request.rule)
        has_expression = request.HasField("expression")
        segment = self._kept(
            name=request.name,
            description=request.description,
            rule=request.rule,
            kind=segment_pb2.SEGMENT_KIND_ALGEBRA if has_expression else segment_pb2.SEGMENT_KIND_RULE,
            expression=request.expression if has_expression else None,
            count=COUNT,
        )
        return segment_pb2.CreateSegmentResponse(segment=segment)

    async def CreateList(self, request: AsyncIterator[segment_pb2.CreateListRequest], context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Counts the entries and takes each for a member."""
        header, entries = segment_pb2.ListHeader(), 0
        async for part in request:
            if part.WhichOneof("part") == "header":
                header = part.header
            entries += len(part.piece.msisdns) + len(part.piece.subscriber_ids)
        segment = self._kept(
            name=header.name, description=header.description, kind=segment_pb2.SEGMENT_KIND_LIST, count=entries
        )
        return segment_pb2.CreateListResponse(segment=segment, counts=segment_pb2.ListCounts(read=entries))

    async def ChangeList(self, request: segment_pb2.ChangeListRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Adds and takes as many."""
        segment = self._found(request.id)
        added = len(request.add.msisdns) + len(request.add.subscriber_ids)
        segment.count += added - len(request.remove.msisdns) - len(request.remove.subscriber_ids)
        segment.version += 1
        return segment_pb2.ChangeListResponse(segment=segment, counts=segment_pb2.ListCounts(read=added))

    async def ChangeSegment(self, request: segment_pb2.ChangeSegmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What is said changes."""
        segment = self._found(request.id)
        for field in ("name", "description", "archived"):
            if request.HasField(field):
                setattr(segment, field, getattr(request, field))
        return segment_pb2.ChangeSegmentResponse(segment=segment)

    async def RedefineSegment(self, request: segment_pb2.RedefineSegmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The next definition and version."""
        _check_rule(request.rule)
        segment = self._found(request.id)
        segment.rule = request.rule
        segment.definition += 1
        segment.version += 1
        return segment_pb2.RedefineSegmentResponse(segment=segment)

    async def RestoreDefinition(self, request: segment_pb2.RestoreDefinitionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """As if it had been redefined."""
        segment = self._found(request.id)
        segment.definition += 1
        segment.version += 1
        return segment_pb2.RestoreDefinitionResponse(segment=segment)

    async def GetSegment(self, request: segment_pb2.GetSegmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The kept one."""
        return segment_pb2.GetSegmentResponse(segment=self._found(request.id))

    async def ListSegments(self, request: segment_pb2.ListSegmentsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All whose names contain the text, on one page."""
        found = [
            segment
            for segment in self._segments.values()
            if request.name in segment.name and (request.with_archived or not segment.archived)
        ]
        return segment_pb2.ListSegmentsResponse(segments=sorted(found, key=lambda segment: segment.name))

    async def ListDefinitions(self, request: segment_pb2.ListDefinitionsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one that stands."""
        segment = self._found(request.id)
        definition = segment_pb2.Definition(
            number=segment.definition, rule=segment.rule, defined_by="maker", defined_at=MOMENT
        )
        return segment_pb2.ListDefinitionsResponse(definitions=[definition])

    async def PreviewRule(self, request: segment_pb2.PreviewRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Always the same count."""
        _check_rule(request.rule)
        return segment_pb2.PreviewRuleResponse(count=COUNT, as_of=AS_OF, took_ms=3)

    async def StreamMembers(self, request: segment_pb2.StreamMembersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """None."""
        none: tuple[segment_pb2.StreamMembersResponse, ...] = ()
        for batch in none:
            yield batch

    def _kept(self, **values: Any) -> segment_pb2.Segment:
        segment = segment_pb2.Segment(
            id=str(uuid.uuid4()), version=1, definition=1, as_of=AS_OF, changed_at=MOMENT, **values
        )
        self._segments[segment.id] = segment
        return segment

    def _found(self, segment_id: str) -> segment_pb2.Segment:
        if segment_id not in self._segments:
            raise NotFound(reason="SEGMENT_UNKNOWN", field="id", detail="there is no such segment")
        return self._segments[segment_id]


class MembershipsStandIn(membership_pb2_grpc.MembershipServiceServicer):
    """Counts that tell what was asked."""

    async def CountOverlap(self, request: membership_pb2.CountOverlapRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Each shares its place with each."""
        rows = [
            membership_pb2.OverlapRow(segment_id=one, version=1, as_of=AS_OF, shared=range(len(request.segment_ids)))
            for one in request.segment_ids
        ]
        return membership_pb2.CountOverlapResponse(rows=rows)

    async def CountGrid(self, request: membership_pb2.CountGridRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Each cell is the place of its column."""
        for rule in (*request.rows, *request.columns):
            _check_rule(rule)
        places = range(len(request.columns))
        rows = [membership_pb2.GridRow(cells=places, total=sum(places)) for _ in request.rows]
        return membership_pb2.CountGridResponse(rows=rows, column_totals=places, total=COUNT, as_of=AS_OF, took_ms=3)

    async def SizeHandsets(self, request: membership_pb2.SizeHandsetsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What was asked, as one membership."""
        one = membership_pb2.MembershipSize(membership="PREMIUM", handsets=request.past_sold)
        arpu = request.price_yuan / (request.agreed_months or 12)
        return membership_pb2.SizeHandsetsResponse(
            theoretical_arpu=arpu, memberships=[one], handsets=request.past_sold, as_of=AS_OF
        )

    async def RankHandsets(self, request: membership_pb2.RankHandsetsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of the branch."""
        model = membership_pb2.HandsetModel(model=f"{request.branch} phone", market_share=0.25, rank=1)
        return membership_pb2.RankHandsetsResponse(models=[model])

    async def ListMemberships(self, request: membership_pb2.ListMembershipsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """None."""
        return membership_pb2.ListMembershipsResponse()

    async def ExportMembers(self, request: membership_pb2.ExportMembersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What was asked for, in two pieces."""
        if "nope" in request.attributes:
            raise InvalidInput(reason="ATTRIBUTE_UNKNOWN", field="attributes[0]", detail="there is no 'nope'")
        if not request.attributes and not request.with_msisdn:
            yield membership_pb2.ExportMembersResponse(piece=b'"subscriber_id"\n7\n9')
            yield membership_pb2.ExportMembersResponse(piece=b"1\n")
            return
        yield membership_pb2.ExportMembersResponse(piece=",".join(request.attributes).encode())
        yield membership_pb2.ExportMembersResponse(piece=f"\n{request.with_msisdn}".encode())

    async def RebuildSegments(self, request: membership_pb2.RebuildSegmentsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One that has just begun."""
        return membership_pb2.RebuildSegmentsResponse(rebuild=_rebuild(str(uuid.UUID(int=9)), 0))

    async def GetRebuild(self, request: membership_pb2.GetRebuildRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The same, a little later."""
        return membership_pb2.GetRebuildResponse(rebuild=_rebuild(request.id, 7))


def _rebuild(rebuild_id: str, rebuilt: int) -> membership_pb2.Rebuild:
    return membership_pb2.Rebuild(
        id=rebuild_id,
        state=membership_pb2.REBUILD_STATE_RUNNING,
        segments=9,
        rebuilt=rebuilt,
        started_at=MOMENT,
    )


def _check_rule(rule: str) -> None:
    if "nope" in rule:
        raise InvalidInput(
            reason="RULE_UNKNOWN_ATTRIBUTE", field="rule", detail=f"line 1, column {rule.index('nope') + 1}: no 'nope'"
        )
