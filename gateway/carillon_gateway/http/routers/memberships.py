"""Overlaps, grids, exports and rebuilds of segments over HTTP; svc-segment counts, scopes and books."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from carillon.segment.v1 import membership_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.file_streams import file_response
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.memberships import (
    CountGrid,
    CountOverlap,
    Grid,
    Overlap,
    Rebuild,
    render_grid,
    render_overlap,
    render_rebuild,
)
from carillon_gateway.http.models.shapes import Text

router = APIRouter(prefix="/api/v1/segments", tags=["segments"], route_class=GuardedRoute)

# A grid of 2,500 cells over 12 million subscribers takes seconds; an export of them all minutes.
COUNT_TIMEOUT_SECONDS = 120.0
EXPORT_TIMEOUT_SECONDS = 3600.0
# Fifty names of attributes and their commas.
ATTRIBUTES_LENGTH = 3_200
FORMATS = {"csv": membership_pb2.EXPORT_FORMAT_CSV, "parquet": membership_pb2.EXPORT_FORMAT_PARQUET}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"text/csv": {}, "application/vnd.apache.parquet": {}}}
}


@router.post("/overlap", summary="Count the members that segments share")
async def count_overlap(body: CountOverlap, call: CallDep) -> Overlap:
    """Exact counts of all pairs."""
    request = membership_pb2.CountOverlapRequest(segment_ids=[str(one) for one in body.ids])
    answer = await invoke(call.peers.memberships.CountOverlap, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return render_overlap(answer)


@router.post("/grid", summary="Count a grid of rules")
async def count_grid(body: CountGrid, call: CallDep) -> Grid:
    """Exact counts of every cell in one pass, with totals that count nobody twice."""
    request = membership_pb2.CountGridRequest(filter=body.filter, rows=body.rows, columns=body.columns)
    answer = await invoke(call.peers.memberships.CountGrid, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    return render_grid(body.rows, answer)


@router.post("/rebuilds", status_code=202, summary="Bring stale segments up to the data")
async def request_rebuild(call: CallDep, response: Response) -> Rebuild:
    """Begins at once; GET /segments/rebuilds/{id} shows how far it is."""
    request = membership_pb2.RebuildSegmentsRequest(request_id=call.request_id)
    rebuild = (await invoke(call.peers.memberships.RebuildSegments, request)).rebuild
    response.headers["location"] = f"/api/v1/segments/rebuilds/{rebuild.id}"
    return render_rebuild(rebuild)


@router.get("/rebuilds/{id}", summary="See how far a rebuild is")
async def get_rebuild(id: UUID, call: CallDep) -> Rebuild:  # noqa: A002 -- the name of the others
    """How many segments were behind, how many are rebuilt, which can't be."""
    request = membership_pb2.GetRebuildRequest(id=str(id))
    return render_rebuild((await invoke(call.peers.memberships.GetRebuild, request)).rebuild)


@router.get("/{id}/members", summary="Take the members of a segment", response_class=StreamingResponse, responses=FILE)
async def export_members(
    id: UUID,  # noqa: A002 -- the contract's name
    call: CallDep,
    format: Annotated[Literal["csv", "parquet"], Query()] = "csv",  # noqa: A002 -- the contract's name
    attributes: Annotated[
        Text | None, Query(max_length=ATTRIBUTES_LENGTH, description="Names of attributes, with commas between")
    ] = None,
    version: Annotated[int, Query(ge=0, le=2**62, description="0 is the current one")] = 0,
    msisdn: Annotated[bool, Query(description="Numbers in place of ids, for roles that dial")] = False,
) -> StreamingResponse:
    """A file as it comes; a branch gets its own subscribers alone, and every export is booked.

    The day that the membership describes is the last column ``as_of`` in CSV, and ``carillon.as_of`` in the metadata of
    Parquet's schema. GROUP_TOO_SMALL answers 409.
    """
    request = membership_pb2.ExportMembersRequest(
        segment_id=str(id),
        segment_version=version,
        format=FORMATS[format],
        attributes=[name.strip() for name in (attributes or "").split(",") if name.strip()],
        with_msisdn=msisdn,
    )
    pieces = invoke_stream(call.peers.memberships.ExportMembers, request, timeout_seconds=EXPORT_TIMEOUT_SECONDS)
    return await file_response(pieces, f"segment-{id}.{format}", MEDIA_TYPES[format])
