"""The tone hotline over HTTP: its directories, and calls that play a tone; svc-channel decides."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from carillon.channel.v1 import hotline_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.hotline import (
    Audition,
    AuditionLink,
    Directories,
    Directory,
    MakeAuditionLink,
    PutDirectory,
    RequestAudition,
    parse_directory,
    render_audition,
    render_directory,
)
from carillon_gateway.http.models.shapes import Text, render_time
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1", tags=["hotline"], route_class=GuardedRoute)
HOTLINE = "12530019"
HOUR_SECONDS = 3600
Branch = Annotated[Text, Query(max_length=64, description="The province's alone if absent", examples=["guangzhou"])]


@router.get(f"/directories/{HOTLINE}", summary="The hotline's directories")
async def list_directories(call: CallDep, branch: Branch = "") -> Directories:
    """Tones with the short codes that callers key: the province's and the branch's (CHN-11, CHN-41)."""
    request = hotline_pb2.ListDirectoriesRequest(branch=branch)
    answer = await invoke(call.peers.hotline.ListDirectories, request)
    return Directories(number=HOTLINE, directories=[render_directory(one) for one in answer.directories])


@router.put(f"/directories/{HOTLINE}", summary="Replace a directory of the hotline")
async def put_directory(body: PutDirectory, call: CallDep, branch: Branch = "") -> Directory:
    """At most ten tones. A branch keeps its own, the province keeps all."""
    request = parse_directory(branch, body, request_id=call.request_id)
    return render_directory((await invoke(call.peers.hotline.PutDirectory, request)).directory)


@router.post("/auditions", status_code=202, summary="Let somebody hear a tone")
async def request_audition(body: RequestAudition, call: CallDep, response: Response) -> Audition:
    """The out-call system rings and plays the tone (CHN-08): what the audition link of a WAP page asks for.

    OUT_CALL_ABSENT answers 409 where no out-call system is set up.
    """
    request = hotline_pb2.RequestAuditionRequest(
        request_id=call.request_id, msisdn=normalise_msisdn(body.msisdn), tone=body.tone
    )
    audition = render_audition((await invoke(call.peers.hotline.RequestAudition, request)).audition)
    response.headers["location"] = f"/api/v1/auditions/{audition.id}"
    return audition


@router.post("/audition-links", status_code=201, summary="Make a link that plays a tone to somebody's phone")
async def make_audition_link(body: MakeAuditionLink, call: CallDep, request: Request) -> AuditionLink:
    """For WAP pages and pushes, whose readers have no token (CHN-07): tapping it is asking for the call (CHN-08).

    It is signed and for this number alone. AUDITION_LINKS_ABSENT answers 409 where nothing signs such links.
    """
    asked = hotline_pb2.MakeAuditionLinkRequest(
        msisdn=normalise_msisdn(body.msisdn), tone=body.tone, valid_seconds=body.valid_hours * HOUR_SECONDS
    )
    made = await invoke(call.peers.hotline.MakeAuditionLink, asked)
    return AuditionLink(url=call.link(request, f"/a/{made.token}"), expires_at=render_time(made.expires_at))


@router.get("/auditions/{id}", summary="Look at an audition")
async def get_audition(id: UUID, call: CallDep) -> Audition:  # noqa: A002 -- the name of the others
    """How far the call is. AUDITION_UNKNOWN answers 404."""
    request = hotline_pb2.GetAuditionRequest(id=str(id))
    return render_audition((await invoke(call.peers.hotline.GetAudition, request)).audition)
