"""Serves CampaignService: parses, calls a use case, renders; it must not hold rules."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import grpc

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.outbox import tell
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from carillon_chassis.telemetry import current_traceparent
from svc_campaign.api.messages import (
    parse_actor,
    parse_plan,
    parse_position,
    render_approved,
    render_campaign,
    render_report,
)
from svc_campaign.app.approve_campaign import approve_campaign
from svc_campaign.app.check_arms import check_arms
from svc_campaign.app.check_references import check_references
from svc_campaign.app.create_campaign import create_campaign
from svc_campaign.app.get_campaign import get_campaign
from svc_campaign.app.get_report import get_report
from svc_campaign.app.launch_campaign import launch_campaign
from svc_campaign.app.list_campaigns import list_campaigns
from svc_campaign.app.peers import Segments, Services
from svc_campaign.app.reject_campaign import reject_campaign
from svc_campaign.app.submit_campaign import submit_campaign
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.progress import LaunchProgress
from svc_campaign.domain.state import CampaignState

Context = grpc.aio.ServicerContext[Any, Any]
NOTHING_YET = LaunchProgress()


class CampaignServicer(campaign_pb2_grpc.CampaignServiceServicer):
    """Campaigns over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        segments: Segments,
        services: Services,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._segments = segments
        self._services = services
        self._clock = clock
        self._new_id = new_id

    async def CreateCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.CreateCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.CreateCampaignResponse:
        """Keeps a draft."""
        actor = _actor()
        plan = parse_plan(request.plan)

        async def operation(unit: UnitOfWork) -> campaign_pb2.CreateCampaignResponse:
            campaign = await create_campaign(
                unit, campaign_id=self._new_id(), plan=plan, actor=actor, at=self._clock.now()
            )
            return campaign_pb2.CreateCampaignResponse(campaign=render_campaign(campaign, NOTHING_YET))

        return await self._commands.run(request, campaign_pb2.CreateCampaignResponse, operation)

    async def GetCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.GetCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.GetCampaignResponse:
        """Shows a campaign with its progress."""
        campaign, progress = await self._find(request.id)
        return campaign_pb2.GetCampaignResponse(campaign=render_campaign(campaign, progress))

    async def ListCampaigns(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.ListCampaignsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.ListCampaignsResponse:
        """Lists campaigns, the newest first."""
        before = parse_position(decode_token(request.page_token))
        limit = request.page_size or DEFAULT_PAGE_SIZE
        async with self._database.read() as unit:
            found = await list_campaigns(unit, name=request.name, before=before, limit=limit, actor=_actor())
        last = found[-1][0] if len(found) == limit else None
        return campaign_pb2.ListCampaignsResponse(
            campaigns=[render_campaign(campaign, progress) for campaign, progress in found],
            next_page_token=encode_token(last.created_at.isoformat(), str(last.id)) if last else "",
        )

    async def SubmitCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.SubmitCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.SubmitCampaignResponse:
        """Hands a draft in once all it names is known."""
        campaign, _ = await self._find(request.id)
        # A campaign past this state is left to the state machine, or to the replay of a submission that was done.
        if campaign.state is CampaignState.DRAFT:
            await check_references(campaign.plan, segments=self._segments, services=self._services)
        step = _step(submit_campaign, UUID(request.id), _actor())

        async def operation(unit: UnitOfWork) -> campaign_pb2.SubmitCampaignResponse:
            return campaign_pb2.SubmitCampaignResponse(campaign=render_campaign(await step(unit), NOTHING_YET))

        return await self._commands.run(request, campaign_pb2.SubmitCampaignResponse, operation)

    async def ApproveCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.ApproveCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.ApproveCampaignResponse:
        """Approves, and tells that the reward budget may be spent."""
        step = _step(approve_campaign, UUID(request.id), _actor())

        async def operation(unit: UnitOfWork) -> campaign_pb2.ApproveCampaignResponse:
            campaign = await step(unit)
            fact = render_approved(campaign)
            if fact is not None:
                await tell(unit, fact, occurred_at=self._clock.now())
            return campaign_pb2.ApproveCampaignResponse(campaign=render_campaign(campaign, NOTHING_YET))

        return await self._commands.run(request, campaign_pb2.ApproveCampaignResponse, operation)

    async def RejectCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.RejectCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.RejectCampaignResponse:
        """Rejects, with the reason."""
        actor = _actor()

        async def operation(unit: UnitOfWork) -> campaign_pb2.RejectCampaignResponse:
            campaign = await reject_campaign(unit, campaign_id=UUID(request.id), reason=request.reason, actor=actor)
            return campaign_pb2.RejectCampaignResponse(campaign=render_campaign(campaign, NOTHING_YET))

        return await self._commands.run(request, campaign_pb2.RejectCampaignResponse, operation)

    async def LaunchCampaign(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.LaunchCampaignRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.LaunchCampaignResponse:
        """Opens the window once no subscriber is in two arms; the work goes on as a job."""
        actor = _actor()
        campaign, _ = await self._find(request.id)
        versions: Mapping[int, int] = {}
        # Whoever may not launch, or not now, is refused below at less cost.
        if campaign.state is CampaignState.APPROVED:
            await check_references(campaign.plan, segments=self._segments, services=self._services)
            versions = await check_arms(campaign.plan, segments=self._segments)

        async def operation(unit: UnitOfWork) -> campaign_pb2.LaunchCampaignResponse:
            launched = await launch_campaign(
                unit,
                campaign_id=UUID(request.id),
                actor=actor,
                at=self._clock.now(),
                traceparent=current_traceparent(),
                versions=versions,
            )
            return campaign_pb2.LaunchCampaignResponse(campaign=render_campaign(launched, NOTHING_YET))

        return await self._commands.run(request, campaign_pb2.LaunchCampaignResponse, operation)

    async def GetReport(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.GetReportRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.GetReportResponse:
        """Reports counts, rates and uplift by arm."""
        async with self._database.read() as unit:
            campaign, arms = await get_report(unit, campaign_id=UUID(request.id), actor=_actor())
        return render_report(campaign, arms, as_of=self._clock.now())

    async def _find(self, campaign_id: str) -> tuple[Campaign, LaunchProgress]:
        async with self._database.read() as unit:
            return await get_campaign(unit, campaign_id=UUID(campaign_id), actor=_actor())


def _actor() -> Actor:
    return parse_actor(current_identity())


def _step(
    use_case: Callable[..., Awaitable[Campaign]], campaign_id: UUID, actor: Actor
) -> Callable[[UnitOfWork], Awaitable[Campaign]]:
    return lambda unit: use_case(unit, campaign_id=campaign_id, actor=actor)
