"""Reward reports of a campaign's stages over HTTP; svc-reward gathers them and knows who may see which city."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from carillon.reward.v1 import fulfilment_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.fulfilments import (
    IssueReport,
    RewardReport,
    RewardReports,
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


@router.post("", status_code=201, summary="Report what a stage of a campaign owes")
async def issue_reward_report(body: IssueReport, call: CallDep, response: Response) -> RewardReport:
    """Gathers what no report has yet (RWD-01). A stage that was reported is answered as it stands.

    REPORT_DIFFERS answers 409, CREDIT_UNKNOWN 422.
    """
    request = parse_report(body, request_id=call.request_id)
    answer = await invoke(call.peers.fulfilments.IssueReport, request, timeout_seconds=TIMEOUT_SECONDS)
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
