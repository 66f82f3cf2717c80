"""Attributes and segments over HTTP: making, changing, listing them; svc-segment reads the rules and counts."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from carillon.segment.v1 import segment_pb2, snapshot_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.segment_definitions import (
    ChangeList,
    ChangeSegment,
    CreateList,
    CreateSegment,
    Definitions,
    ListedSegment,
    RedefineSegment,
    Segment,
    Segments,
    parse_listed,
    parse_optional_expression,
    render_definition,
    render_listed,
    render_segment,
)
from carillon_gateway.http.models.segments import Attributes, Preview, PreviewRule, render_attribute
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["segments"], route_class=GuardedRoute)

# Counting over 12 million subscribers takes well under a second; a cold start or a busy box may take longer.
COUNT_TIMEOUT_SECONDS = 60.0
# Numbers of one message to svc-segment.
LIST_PIECE = 20_000


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


@router.post("/segments", status_code=201, summary="Create a segment by rule or by set algebra")
async def create_segment(body: CreateSegment, call: CallDep, response: Response) -> Segment:
    """Checks the rule or the expression and computes the membership."""
    request = segment_pb2.CreateSegmentRequest(
        request_id=call.request_id,
        name=body.name,
        description=body.description,
        rule=body.rule,
        expression=parse_optional_expression(body.expression),
    )
    answer = await invoke(call.peers.segments.CreateSegment, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/segments/{answer.segment.id}"
    return render_segment(answer.segment)


@router.post("/segments/lists", status_code=201, summary="Create a segment by list")
async def create_list(body: CreateList, call: CallDep, response: Response) -> ListedSegment:
    """A segment of whoever has the numbers or ids. Millions of numbers come as a file: POST /snapshots, kind list."""
    header = segment_pb2.ListHeader(request_id=call.request_id, name=body.name, description=body.description)

    async def parts() -> AsyncIterator[segment_pb2.CreateListRequest]:
        yield segment_pb2.CreateListRequest(header=header)
        for start in range(0, len(body.msisdns), LIST_PIECE):
            piece = segment_pb2.ListPiece(msisdns=body.msisdns[start : start + LIST_PIECE])
            yield segment_pb2.CreateListRequest(piece=piece)
        yield segment_pb2.CreateListRequest(piece=segment_pb2.ListPiece(subscriber_ids=body.subscriber_ids))

    answer = await invoke(call.peers.segments.CreateList, parts(), timeout_seconds=COUNT_TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/segments/{answer.segment.id}"
    return render_listed(answer.segment, answer.counts)


@router.get("/segments", summary="List segments by name")
async def list_segments(
    call: CallDep,
    name: Annotated[Text, Query(max_length=120, description="Part of the name, whatever the case")] = "",
    archived: Annotated[bool, Query(description="Whether to list archived ones too")] = False,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Segments:
    """Every kind, by rising name, with what each is behind of."""
    request = segment_pb2.ListSegmentsRequest(
        name=name, with_archived=archived, page_size=page_size, page_token=page_token
    )
    answer = await invoke(call.peers.segments.ListSegments, request)
    return Segments(
        segments=[render_segment(segment) for segment in answer.segments], next_page_token=answer.next_page_token
    )


@router.get("/segments/{id}", summary="Look at a segment")
async def get_segment(id: UUID, call: CallDep) -> Segment:  # noqa: A002 -- the contract's name
    """The segment, the size of its membership and whether it is stale."""
    answer = await invoke(call.peers.segments.GetSegment, segment_pb2.GetSegmentRequest(id=str(id)))
    return render_segment(answer.segment)


@router.patch("/segments/{id}", summary="Rename, describe or archive a segment")
async def change_segment(id: UUID, body: ChangeSegment, call: CallDep) -> Segment:  # noqa: A002 -- the contract's name
    """What is absent stays. `archived: false` takes it out of the archive again."""
    request = segment_pb2.ChangeSegmentRequest(
        request_id=call.request_id,
        id=str(id),
        name=body.name,
        description=body.description,
        archived=body.archived,
    )
    return render_segment((await invoke(call.peers.segments.ChangeSegment, request)).segment)


@router.put("/segments/{id}/definition", summary="Give a segment another rule or expression")
async def redefine_segment(id: UUID, body: RedefineSegment, call: CallDep) -> Segment:  # noqa: A002 -- as above
    """A new definition and a new version of the membership; older definitions stay in the history."""
    request = segment_pb2.RedefineSegmentRequest(
        request_id=call.request_id, id=str(id), rule=body.rule, expression=parse_optional_expression(body.expression)
    )
    answer = await invoke(call.peers.segments.RedefineSegment, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return render_segment(answer.segment)


@router.get("/segments/{id}/definitions", summary="See what a segment was defined as")
async def list_definitions(
    id: UUID,  # noqa: A002 -- the contract's name
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Definitions:
    """The newest first, with who defined it and when."""
    request = segment_pb2.ListDefinitionsRequest(id=str(id), page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.segments.ListDefinitions, request)
    return Definitions(
        definitions=[render_definition(definition) for definition in answer.definitions],
        next_page_token=answer.next_page_token,
    )


@router.post("/segments/{id}/definitions/{number}/restore", summary="Restore an older definition")
async def restore_definition(
    id: UUID,  # noqa: A002 -- the contract's name
    number: Annotated[int, Path(ge=1, le=2**31 - 1)],
    call: CallDep,
) -> Segment:
    """Written again as the newest definition, with a new version of the membership."""
    request = segment_pb2.RestoreDefinitionRequest(request_id=call.request_id, id=str(id), definition=number)
    answer = await invoke(call.peers.segments.RestoreDefinition, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return render_segment(answer.segment)


@router.post("/segments/{id}/members", summary="Add to a list and take from it")
async def change_list(id: UUID, body: ChangeList, call: CallDep) -> ListedSegment:  # noqa: A002 -- the contract's name
    """The list's next version; the counts are of what was added."""
    request = segment_pb2.ChangeListRequest(
        request_id=call.request_id, id=str(id), add=parse_listed(body.add), remove=parse_listed(body.remove)
    )
    answer = await invoke(call.peers.segments.ChangeList, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return render_listed(answer.segment, answer.counts)
