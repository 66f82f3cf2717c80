"""Reward reports of a campaign's stages over HTTP; svc-reward gathers them and knows who may see which city."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from carillon.reward.v1 import fulfilment_pb2
from carillon.segment.v1 import membership_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.errors import StateRefused
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.models.reward_reports import (
    Changed,
    CompleteCity,
    IssueMailing,
    IssueReport,
    RewardReport,
    RewardReports,
    VerifyCity,
    parse_report,
    render_report,
)
from carillon_gateway.http.models.shapes import ShortText

router = APIRouter(prefix="/api/v1/reward-reports", tags=["fulfilment"], route_class=GuardedRoute)

City = Annotated[
    ShortText | None, Query(description="One city; all that you may see if absent", examples=["guangzhou"])
]
# A stage may owe something to a hundred thousand people.
TIMEOUT_SECONDS = 120.0
# svc-reward takes so many in one report; more are several mailings, of segments that cut them up.
MAX_RECIPIENTS = 200_000
# Ten digits and a line's end each.
LONGEST_LIST_BYTES = 12 * (MAX_RECIPIENTS + 2)


@router.post("", status_code=201, summary="Report what a stage of a campaign owes")
async def issue_reward_report(body: IssueReport, call: CallDep, response: Response) -> RewardReport:
    """Gathers what no report has yet (RWD-01). A stage that was reported is answered as it stands.

    REPORT_DIFFERS answers 409, CREDIT_UNKNOWN 422.
    """
    request = parse_report(body, request_id=call.request_id)
    answer = await invoke(call.peers.fulfilments.IssueReport, request, timeout_seconds=TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/reward-reports/{answer.report.id}"
    return render_report(answer.report)


@router.post("/mailings", status_code=201, summary="Mail to the members of a segment")
async def issue_mailing(body: IssueMailing, call: CallDep, response: Response) -> RewardReport:
    """An item for each member, a list for each city (RWD-31). A stage that was mailed is answered as it stands.

    SEGMENT_NOT_FOUND answers 404, SEGMENT_EMPTY, SEGMENT_TOO_LARGE and REPORT_DIFFERS 409.
    """
    request = fulfilment_pb2.IssueMailingRequest(
        request_id=call.request_id,
        campaign=body.campaign,
        stage=body.stage,
        code=body.code,
        name=body.name,
        subscriber_ids=await _list_members(call, body.segment_id),
    )
    answer = await invoke(call.peers.fulfilments.IssueMailing, request, timeout_seconds=TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/reward-reports/{answer.report.id}"
    return render_report(answer.report)


@router.get("", summary="List a campaign's reward reports")
async def list_reward_reports(
    call: CallDep,
    campaign: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["stars"])],
    city: City = None,
) -> RewardReports:
    """All stages with how far each city has come (RWD-03). A branch sees its own city; another answers 403."""
    request = fulfilment_pb2.ListReportsRequest(campaign=campaign, city=city)
    answer = await invoke(call.peers.fulfilments.ListReports, request, timeout_seconds=TIMEOUT_SECONDS)
    return RewardReports(reports=[render_report(report) for report in answer.reports])


@router.get("/{id}", summary="Look at a reward report")
async def get_reward_report(id: UUID, call: CallDep, city: City = None) -> RewardReport:  # noqa: A002 -- the contract's name
    """One stage. REPORT_UNKNOWN answers 404."""
    request = fulfilment_pb2.GetReportRequest(id=str(id), city=city)
    return render_report((await invoke(call.peers.fulfilments.GetReport, request)).report)


@router.get(
    "/{id}/file",
    summary="Take a reward report's file",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_reward_report_file(id: UUID, call: CallDep, city: City = None) -> Response:  # noqa: A002 -- the contract's name
    """CSV as it was issued, the same bytes every time; their SHA-256 is ``file_sha256`` of the report or of the city."""
    request = fulfilment_pb2.StreamReportFileRequest(id=str(id), city=city)
    stream = invoke_stream(call.peers.fulfilments.StreamReportFile, request, timeout_seconds=TIMEOUT_SECONDS)
    content = b"".join([answer.piece async for answer in stream])
    disposition = f'attachment; filename="reward-report-{id}.csv"'
    return Response(content, media_type="text/csv", headers={"content-disposition": disposition})


@router.post("/{id}/verify", summary="Say that all of a city's items are right")
async def verify_city(id: UUID, body: VerifyCity, call: CallDep) -> Changed:  # noqa: A002 -- the contract's name
    """Of your own city, as one alone is verified (RWD-02); what you reported yourself is left out."""
    request = fulfilment_pb2.VerifyCityRequest(request_id=call.request_id, report_id=str(id), prize=body.prize)
    answer = await invoke(call.peers.fulfilments.VerifyCity, request, timeout_seconds=TIMEOUT_SECONDS)
    return Changed(items=answer.verified, more=answer.more)


@router.post("/{id}/complete", summary="Hand over all of a prize in a city")
async def complete_city(id: UUID, body: CompleteCity, call: CallDep) -> Changed:  # noqa: A002 -- the contract's name
    """What your own city has verified of one prize, under one reference; phone credit is left out (RWD-02)."""
    request = fulfilment_pb2.CompleteCityRequest(
        request_id=call.request_id, report_id=str(id), prize=body.prize, reference=body.reference
    )
    answer = await invoke(call.peers.fulfilments.CompleteCity, request, timeout_seconds=TIMEOUT_SECONDS)
    return Changed(items=answer.completed, more=answer.more)


async def _list_members(call: Call, segment_id: UUID) -> list[int]:
    """The segment's members. Raises StateRefused SEGMENT_EMPTY or SEGMENT_TOO_LARGE."""
    request = membership_pb2.ExportMembersRequest(segment_id=str(segment_id), format=membership_pb2.EXPORT_FORMAT_CSV)
    stream = invoke_stream(call.peers.memberships.ExportMembers, request, timeout_seconds=TIMEOUT_SECONDS)
    content = bytearray()
    async for answer in stream:
        content += answer.piece
        if len(content) > LONGEST_LIST_BYTES:
            break
    # One column under its name: the inner number of each member.
    members = [int(line) for line in content.split()[1 : MAX_RECIPIENTS + 2]]
    if len(members) > MAX_RECIPIENTS:
        raise StateRefused(
            reason="SEGMENT_TOO_LARGE", field="segment_id", detail=f"a mailing goes to {MAX_RECIPIENTS} at most"
        )
    if not members:
        raise StateRefused(reason="SEGMENT_EMPTY", field="segment_id", detail="nobody is in this segment")
    return members
