"""Campaigns over HTTP, from plan to report; svc-campaign decides who may do what and when."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.campaigns import (
    Campaign,
    Campaigns,
    Plan,
    RejectCampaign,
    parse_plan,
    render_campaign,
)
from carillon_gateway.http.models.reports import Report, render_report
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"], route_class=GuardedRoute)

# A report joins every member of a campaign; a million of them take seconds.
REPORT_TIMEOUT_SECONDS = 60.0


@router.post("", status_code=201, summary="Create a campaign")
async def create_campaign(body: Plan, call: CallDep, response: Response) -> Campaign:
    """Keeps the plan as a draft (CMP-35)."""
    request = campaign_pb2.CreateCampaignRequest(request_id=call.request_id, plan=parse_plan(body))
    answer = await invoke(call.peers.campaigns.CreateCampaign, request)
    response.headers["location"] = f"/api/v1/campaigns/{answer.campaign.id}"
    return render_campaign(answer.campaign)


@router.get("", summary="List campaigns")
async def list_campaigns(
    call: CallDep,
    name: Annotated[Text, Query(max_length=120, description="Exact name; empty lists all")] = "",
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Campaigns:
    """All campaigns, or those of one name."""
    request = campaign_pb2.ListCampaignsRequest(name=name, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.campaigns.ListCampaigns, request)
    campaigns = [render_campaign(campaign) for campaign in answer.campaigns]
    return Campaigns(campaigns=campaigns, next_page_token=answer.next_page_token)


@router.get("/{id}", summary="Look at a campaign")
async def get_campaign(id: UUID, call: CallDep) -> Campaign:  # noqa: A002 -- the contract's name
    """The plan, the state, and how far a launch has come."""
    answer = await invoke(call.peers.campaigns.GetCampaign, campaign_pb2.GetCampaignRequest(id=str(id)))
    return render_campaign(answer.campaign)


@router.post("/{id}/submit", summary="Hand a campaign in for approval")
async def submit_campaign(id: UUID, call: CallDep) -> Campaign:  # noqa: A002 -- the contract's name
    """From draft to submitted (CMP-35)."""
    request = campaign_pb2.SubmitCampaignRequest(request_id=call.request_id, id=str(id))
    return render_campaign((await invoke(call.peers.campaigns.SubmitCampaign, request)).campaign)


@router.post("/{id}/approve", summary="Approve a campaign")
async def approve_campaign(id: UUID, call: CallDep) -> Campaign:  # noqa: A002 -- the contract's name
    """From submitted to approved, by another person: MAKER_IS_CHECKER answers 403 (A-25)."""
    request = campaign_pb2.ApproveCampaignRequest(request_id=call.request_id, id=str(id))
    return render_campaign((await invoke(call.peers.campaigns.ApproveCampaign, request)).campaign)


@router.post("/{id}/reject", summary="Reject a campaign")
async def reject_campaign(id: UUID, body: RejectCampaign, call: CallDep) -> Campaign:  # noqa: A002 -- the contract's name
    """From submitted to rejected, with the reason."""
    request = campaign_pb2.RejectCampaignRequest(request_id=call.request_id, id=str(id), reason=body.reason)
    return render_campaign((await invoke(call.peers.campaigns.RejectCampaign, request)).campaign)


@router.post("/{id}/launch", status_code=202, summary="Launch a campaign")
async def launch_campaign(id: UUID, call: CallDep) -> Campaign:  # noqa: A002 -- the contract's name
    """Books the contacts and sends; answers at once, ``progress`` shows how far it has come."""
    request = campaign_pb2.LaunchCampaignRequest(request_id=call.request_id, id=str(id))
    return render_campaign((await invoke(call.peers.campaigns.LaunchCampaign, request)).campaign)


@router.get("/{id}/report", summary="Measure a campaign")
async def get_report(id: UUID, call: CallDep) -> Report:  # noqa: A002 -- the contract's name
    """By arm: reached, delivered, responded, converted, revenue, and the uplift against the hold-out."""
    request = campaign_pb2.GetReportRequest(id=str(id))
    answer = await invoke(call.peers.campaigns.GetReport, request, timeout_seconds=REPORT_TIMEOUT_SECONDS)
    return render_report(answer)
