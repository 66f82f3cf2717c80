"""Touch points, and the outlets that stand for some of them, over HTTP; svc-catalog keeps them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from carillon.catalog.v1 import catalog_pb2, outlet_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.outlets import (
    ChangeOutlet,
    Channels,
    Coverage,
    Outlet,
    Outlets,
    RecordedVisit,
    RecordVisit,
    RegisterOutlet,
    Visits,
    parse_outlet,
    parse_stage,
    parse_visit,
    render_channel,
    render_coverage,
    render_outlet,
    render_visit,
)
from carillon_gateway.http.models.shapes import ShortText
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["touch points"], route_class=GuardedRoute)
Code = Annotated[ShortText, Path(min_length=1, examples=["KTV-0001"])]
Branch = Annotated[ShortText, Query(description="All that you may see if absent", examples=["guangzhou"])]


@router.get("/channels", summary="List the touch points")
async def list_channels(call: CallDep) -> Channels:
    """The eleven channels of precision marketing and the other touch points, with what each is for (CHN-01, CHN-05)."""
    answer = await invoke(call.peers.catalogue.ListChannels, catalog_pb2.ListChannelsRequest())
    return Channels(channels=[render_channel(channel) for channel in answer.channels])


@router.post("/outlets", status_code=201, summary="Register an outlet")
async def register_outlet(body: RegisterOutlet, call: CallDep, response: Response) -> Outlet:
    """A branch registers its own. OUTLET_TAKEN answers 409, TOUCHPOINT_UNKNOWN 404, OTHER_BRANCH 403."""
    request = outlet_pb2.RegisterOutletRequest(request_id=call.request_id, outlet=parse_outlet(body))
    outlet = render_outlet((await invoke(call.peers.outlets.RegisterOutlet, request)).outlet)
    response.headers["location"] = f"/api/v1/outlets/{outlet.code}"
    return outlet


@router.get("/outlets", summary="List outlets")
async def list_outlets(
    call: CallDep,
    branch: Branch = "",
    touchpoint: Annotated[ShortText, Query(description="A code; all if absent", examples=["KTV"])] = "",
    key_only: Annotated[bool, Query(description="Key outlets alone")] = False,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Outlets:
    """By code, with what the newest visit said of each (CHN-34); a branch sees its own alone."""
    request = outlet_pb2.ListOutletsRequest(
        branch=branch, touchpoint=touchpoint, key_only=key_only, page_size=page_size, page_token=page_token
    )
    answer = await invoke(call.peers.outlets.ListOutlets, request)
    return Outlets(outlets=[render_outlet(known) for known in answer.outlets], next_page_token=answer.next_page_token)


@router.get("/outlets/coverage", summary="Count how far branches have come with their outlets")
async def get_coverage(call: CallDep, branch: Branch = "") -> Coverage:
    """Of how many key outlets how many are certified, and how many outlets have the materials, by branch (CHN-34)."""
    answer = await invoke(call.peers.outlets.GetCoverage, outlet_pb2.GetCoverageRequest(branch=branch))
    return Coverage(branches=[render_coverage(one) for one in answer.branches])


@router.put("/outlets/{code}", summary="Change what is known of an outlet")
async def change_outlet(code: Code, body: ChangeOutlet, call: CallDep) -> Outlet:
    """Its code, branch and touch point stay. OUTLET_UNKNOWN answers 404, for another branch's too."""
    request = outlet_pb2.ChangeOutletRequest(
        request_id=call.request_id,
        code=code,
        name=body.name,
        key=body.key,
        stars=body.stars,
        alliance=body.alliance,
        stage=parse_stage(body.stage),
    )
    return render_outlet((await invoke(call.peers.outlets.ChangeOutlet, request)).outlet)


@router.post("/outlets/{code}/visits", status_code=201, summary="Book a supervisor's visit")
async def record_visit(code: Code, body: RecordVisit, call: CallDep) -> RecordedVisit:
    """Training, certification and materials, as far as the visit had them. VISIT_EMPTY and VISIT_TO_COME answer 422."""
    request = outlet_pb2.RecordVisitRequest(request_id=call.request_id, code=code, visit=parse_visit(body))
    answer = await invoke(call.peers.outlets.RecordVisit, request)
    return RecordedVisit(visit=render_visit(answer.visit), outlet=render_outlet(answer.outlet))


@router.get("/outlets/{code}/visits", summary="List the visits to an outlet")
async def list_visits(code: Code, call: CallDep) -> Visits:
    """The newest first. OUTLET_UNKNOWN answers 404."""
    answer = await invoke(call.peers.outlets.ListVisits, outlet_pb2.ListVisitsRequest(code=code))
    return Visits(visits=[render_visit(visit) for visit in answer.visits])
