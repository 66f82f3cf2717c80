"""Attributes and segments over HTTP; svc-segment reads the rules and counts."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.segment.v1 import segment_pb2, snapshot_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.segments import (
    Attributes,
    CreateSegment,
    Preview,
    PreviewRule,
    Segment,
    render_attribute,
    render_segment,
)

router = APIRouter(prefix="/api/v1", tags=["segments"], route_class=GuardedRoute)

# Counting over 12 million subscribers takes well under a second; a cold start or a busy box may take longer.
COUNT_TIMEOUT_SECONDS = 60.0


@router.get("/attributes", summary="List the attributes that rules can use")
async def list_attributes(call: CallDep) -> Attributes:
    """The dictionary: name, type, unit and meaning of every attribute."""
    answer = await invoke(call.peers.snapshots.ListAttributes, snapshot_pb2.ListAttributesRequest())
    return Attributes(attributes=[render_attribute(attribute) for attribute in answer.attributes])


@router.post("/segments/preview", summary="Count who fits a rule")
async def preview_rule(body: PreviewRule, call: CallDep) -> Preview:
    """Counts exactly and keeps nothing. A rule that can't be read answers 422 with the position in the detail."""
    request = segment_pb2.PreviewRuleRequest(rule=body.rule)
    answer = await invoke(call.peers.segments.PreviewRule, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return Preview(count=answer.count, as_of=answer.as_of, took_ms=answer.took_ms)


@router.post("/segments", status_code=201, summary="Create a segment")
async def create_segment(body: CreateSegment, call: CallDep, response: Response) -> Segment:
    """Checks the rule and computes the membership."""
    request = segment_pb2.CreateSegmentRequest(request_id=call.request_id, name=body.name, rule=body.rule)
    answer = await invoke(call.peers.segments.CreateSegment, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/segments/{answer.segment.id}"
    return render_segment(answer.segment)


@router.get("/segments/{id}", summary="Look at a segment")
async def get_segment(id: UUID, call: CallDep) -> Segment:  # noqa: A002 -- the contract's name
    """The segment and the size of its membership."""
    answer = await invoke(call.peers.segments.GetSegment, segment_pb2.GetSegmentRequest(id=str(id)))
    return render_segment(answer.segment)
