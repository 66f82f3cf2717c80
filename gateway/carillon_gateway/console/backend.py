"""What the console asks of the suite, and the answer by the gateway's own peers; it must not know about pages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_gateway.console.views import (
    ArmView,
    CampaignState,
    CampaignView,
    IntervalView,
    LaunchProgress,
    ReportView,
    UpliftView,
)
from carillon_gateway.http.permissions import is_allowed
from carillon_gateway.identity.authentication import Authentication, ClientRefused
from carillon_gateway.peers import Peers

# The list is a page to look at; who keeps more campaigns than this finds them by name in the API.
CAMPAIGNS_SHOWN = 200
# A page that waits longer has lost its reader; the next refresh tries again.
TIMEOUT_SECONDS = 5.0

STATES = {
    campaign_pb2.CAMPAIGN_STATE_DRAFT: CampaignState.DRAFT,
    campaign_pb2.CAMPAIGN_STATE_SUBMITTED: CampaignState.SUBMITTED,
    campaign_pb2.CAMPAIGN_STATE_APPROVED: CampaignState.APPROVED,
    campaign_pb2.CAMPAIGN_STATE_REJECTED: CampaignState.REJECTED,
    campaign_pb2.CAMPAIGN_STATE_LAUNCHING: CampaignState.LAUNCHING,
    campaign_pb2.CAMPAIGN_STATE_RUNNING: CampaignState.RUNNING,
    campaign_pb2.CAMPAIGN_STATE_COMPLETED: CampaignState.COMPLETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who signed in; it holds no secret and no token, so nothing of it can leak into a page."""

    identity: Identity
    role: str


class ConsoleBackend(Protocol):
    """The four things the console asks for; each raises DomainErrors only."""

    async def login(self, client_id: str, secret: str, *, address: str) -> Session:
        """Proves the client. Raises PermissionRefused CLIENT_REFUSED or ROLE_MISSING, LimitExceeded."""
        ...

    async def list_campaigns(self, session: Session) -> list[CampaignView]:
        """The campaigns this session may see, the newest first."""
        ...

    async def get_campaign(self, session: Session, campaign_id: str) -> CampaignView:
        """One campaign. Raises NotFound or InvalidInput for an id that names none."""
        ...

    async def get_report(self, session: Session, campaign_id: str) -> ReportView:
        """The campaign's figures as they stand."""
        ...


class PeersBackend:
    """Answers the console from svc-campaign, under the identity of who signed in."""

    def __init__(self, authentication: Authentication, peers: Peers) -> None:
        self._authentication = authentication
        self._peers = peers

    async def login(self, client_id: str, secret: str, *, address: str) -> Session:
        """Proves the client as POST /oauth2/token does, guesses counted together with its own."""
        try:
            client = await self._authentication.prove(client_id, secret, address=address)
        except ClientRefused:
            raise PermissionRefused(
                reason="CLIENT_REFUSED", field="client_secret", detail="the client id or the secret is wrong"
            ) from None
        if not is_allowed(client.role, "list_campaigns"):
            raise PermissionRefused(reason="ROLE_MISSING", detail=f"the role {client.role} may not see campaigns")
        return Session(
            identity=Identity(subject=client.client_id, roles=frozenset({client.role.value}), branch=client.branch),
            role=client.role.value,
        )

    async def list_campaigns(self, session: Session) -> list[CampaignView]:
        """The first campaigns that svc-campaign lists, the newest first."""
        request = campaign_pb2.ListCampaignsRequest(page_size=CAMPAIGNS_SHOWN)
        with acting_as(session.identity):
            answer = await invoke(self._peers.campaigns.ListCampaigns, request, timeout_seconds=TIMEOUT_SECONDS)
        campaigns = [_parse_campaign(campaign) for campaign in answer.campaigns]
        return sorted(campaigns, key=lambda campaign: campaign.created_at or datetime.min.replace(tzinfo=UTC))[::-1]

    async def get_campaign(self, session: Session, campaign_id: str) -> CampaignView:
        """One campaign with its launch progress."""
        request = campaign_pb2.GetCampaignRequest(id=campaign_id)
        with acting_as(session.identity):
            answer = await invoke(self._peers.campaigns.GetCampaign, request, timeout_seconds=TIMEOUT_SECONDS)
        return _parse_campaign(answer.campaign)

    async def get_report(self, session: Session, campaign_id: str) -> ReportView:
        """The campaign's figures by arm."""
        request = campaign_pb2.GetReportRequest(id=campaign_id)
        with acting_as(session.identity):
            answer = await invoke(self._peers.campaigns.GetReport, request, timeout_seconds=TIMEOUT_SECONDS)
        return ReportView(as_of=answer.as_of.ToDatetime(UTC), arms=tuple(_parse_arm(arm) for arm in answer.arms))


def _parse_campaign(campaign: campaign_pb2.Campaign) -> CampaignView:
    progress = campaign.progress
    return CampaignView(
        id=campaign.id,
        name=campaign.plan.name,
        state=STATES[campaign.state],
        branch=campaign.branch,
        created_by=campaign.created_by,
        submitted_by=campaign.submitted_by,
        approved_by=campaign.approved_by,
        rejection_reason=campaign.rejection_reason,
        created_at=_parse_time(campaign, "created_at"),
        launched_at=_parse_time(campaign, "launched_at"),
        window_ends_at=_parse_time(campaign, "window_ends_at"),
        arms=len(campaign.plan.arms),
        progress=LaunchProgress(
            members=progress.members,
            contacts_booked=progress.contacts_booked,
            handed_to_channel=progress.handed_to_channel,
            delivered=progress.delivered,
            failed=progress.failed,
            in_doubt=progress.in_doubt,
        ),
    )


def _parse_time(campaign: campaign_pb2.Campaign, field: str) -> datetime | None:
    timestamp: Timestamp = getattr(campaign, field)
    return timestamp.ToDatetime(UTC) if campaign.HasField(field) else None  # type: ignore[arg-type]  # field names are literals there


def _parse_arm(arm: campaign_pb2.ArmReport) -> ArmView:
    return ArmView(
        name=arm.arm,
        holdout=arm.holdout,
        subscribers=arm.subscribers,
        contacted=arm.contacted,
        delivered=arm.delivered,
        responded=arm.responded,
        converted=arm.converted,
        rewarded=arm.rewarded,
        revenue_fen=arm.revenue_fen,
        response_rate=arm.response_rate,
        conversion_rate=arm.conversion_rate,
        uplift=_parse_uplift(arm.uplift) if arm.HasField("uplift") else None,
    )


def _parse_uplift(uplift: campaign_pb2.Uplift) -> UpliftView:
    return UpliftView(
        response_rate=_parse_interval(uplift.response_rate),
        conversion_rate=_parse_interval(uplift.conversion_rate),
        revenue_fen_per_subscriber=_parse_interval(uplift.revenue_fen_per_subscriber),
    )


def _parse_interval(interval: campaign_pb2.Interval) -> IntervalView:
    return IntervalView(estimate=interval.estimate, low=interval.low, high=interval.high)
