"""Stand-ins for svc-campaign and svc-reward that answer from memory; no more than the edge's tests need."""

import uuid
from typing import Any

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT, Calls

LINK_TOKEN = "Ab3dEf9h"  # noqa: S105 -- a link's token, no secret
LINK_TARGET = "https://portal.example/彩铃?from=sms"


class CampaignsStandIn(campaign_pb2_grpc.CampaignServiceServicer):
    """Campaigns in memory with their states."""

    def __init__(self) -> None:
        self._campaigns: dict[str, campaign_pb2.Campaign] = {}

    async def CreateCampaign(self, request: campaign_pb2.CreateCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A draft."""
        identity = current_identity()
        campaign = campaign_pb2.Campaign(
            id=str(uuid.uuid4()),
            plan=request.plan,
            state=campaign_pb2.CAMPAIGN_STATE_DRAFT,
            branch=identity.branch,
            created_by=identity.subject,
            created_at=PLACED_AT,
        )
        self._campaigns[campaign.id] = campaign
        return campaign_pb2.CreateCampaignResponse(campaign=campaign)

    async def GetCampaign(self, request: campaign_pb2.GetCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """As it stands."""
        return campaign_pb2.GetCampaignResponse(campaign=self._known(request.id))

    async def ListCampaigns(self, request: campaign_pb2.ListCampaignsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All, or those of a name."""
        found = [one for one in self._campaigns.values() if request.name in {"", one.plan.name}]
        return campaign_pb2.ListCampaignsResponse(campaigns=found)

    async def SubmitCampaign(self, request: campaign_pb2.SubmitCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """From draft to submitted."""
        campaign = self._move(request.id, campaign_pb2.CAMPAIGN_STATE_DRAFT, campaign_pb2.CAMPAIGN_STATE_SUBMITTED)
        campaign.submitted_by = current_identity().subject
        return campaign_pb2.SubmitCampaignResponse(campaign=campaign)

    async def ApproveCampaign(self, request: campaign_pb2.ApproveCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """From submitted to approved, by another."""
        if self._known(request.id).created_by == current_identity().subject:
            raise PermissionRefused(reason="MAKER_IS_CHECKER", detail="another person approves")
        campaign = self._move(request.id, campaign_pb2.CAMPAIGN_STATE_SUBMITTED, campaign_pb2.CAMPAIGN_STATE_APPROVED)
        campaign.approved_by = current_identity().subject
        return campaign_pb2.ApproveCampaignResponse(campaign=campaign)

    async def RejectCampaign(self, request: campaign_pb2.RejectCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """From submitted to rejected."""
        campaign = self._move(request.id, campaign_pb2.CAMPAIGN_STATE_SUBMITTED, campaign_pb2.CAMPAIGN_STATE_REJECTED)
        campaign.rejection_reason = request.reason
        return campaign_pb2.RejectCampaignResponse(campaign=campaign)

    async def LaunchCampaign(self, request: campaign_pb2.LaunchCampaignRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """From approved to launching."""
        campaign = self._move(request.id, campaign_pb2.CAMPAIGN_STATE_APPROVED, campaign_pb2.CAMPAIGN_STATE_LAUNCHING)
        campaign.launched_at.CopyFrom(PLACED_AT)
        return campaign_pb2.LaunchCampaignResponse(campaign=campaign)

    async def GetReport(self, request: campaign_pb2.GetReportRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A hold-out and one arm."""
        campaign = self._known(request.id)
        interval = campaign_pb2.Interval(estimate=0.0766004, low=0.0701, high=0.0831)
        uplift = campaign_pb2.Uplift(
            response_rate=interval, conversion_rate=interval, revenue_fen_per_subscriber=interval
        )
        holdout = campaign_pb2.ArmReport(
            arm="holdout", holdout=True, subscribers=21_306, responded=2262, converted=122, revenue_fen=1_390_833,
            response_rate=2262 / 21_306, conversion_rate=122 / 21_306,
        )  # fmt: skip
        mens = campaign_pb2.ArmReport(arm="mens", subscribers=21_307, contacted=21_307, delivered=21_307, uplift=uplift)
        return campaign_pb2.GetReportResponse(
            campaign_id=campaign.id,
            name=campaign.plan.name,
            state=campaign.state,
            as_of=PLACED_AT,
            arms=[holdout, mens],
        )

    def _known(self, campaign_id: str) -> campaign_pb2.Campaign:
        if campaign_id not in self._campaigns:
            raise NotFound(reason="CAMPAIGN_UNKNOWN", field="id", detail="there is no such campaign")
        return self._campaigns[campaign_id]

    def _move(
        self,
        campaign_id: str,
        before: campaign_pb2.CampaignState.ValueType,
        after: campaign_pb2.CampaignState.ValueType,
    ) -> campaign_pb2.Campaign:
        campaign = self._known(campaign_id)
        if campaign.state != before:
            raise StateRefused(reason="CAMPAIGN_STATE", detail=f"it is {campaign.state}, not {before}")
        campaign.state = after
        return campaign


class LinksStandIn(campaign_pb2_grpc.LinkServiceServicer):
    """One link."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def FollowLink(self, request: campaign_pb2.FollowLinkRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Its target."""
        self._calls.note("FollowLink")
        if request.token != LINK_TOKEN:
            raise NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent")
        return campaign_pb2.FollowLinkResponse(target=LINK_TARGET)


class LedgerStandIn(ledger_pb2_grpc.LedgerServiceServicer):
    """A sound ledger."""

    async def OpenAccounts(self, request: ledger_pb2.OpenAccountsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """None."""
        return ledger_pb2.OpenAccountsResponse()

    async def PostTransfers(self, request: ledger_pb2.PostTransfersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """None."""
        return ledger_pb2.PostTransfersResponse()

    async def ListBalances(self, request: ledger_pb2.ListBalancesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Some points."""
        as_of = request.as_of if request.HasField("as_of") else PLACED_AT
        balance = ledger_pb2.Balance(currency="experience_points", amount=100, as_of=as_of)
        return ledger_pb2.ListBalancesResponse(balances=[balance])

    async def ListEntries(self, request: ledger_pb2.ListEntriesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One reward, and a second page without any."""
        if request.page_token:
            return ledger_pb2.ListEntriesResponse()
        entry = ledger_pb2.Entry(
            transfer_id="spring:7",
            currency="experience_points",
            amount=100,
            balance_after=100,
            reason="campaign reward",
            booked_at=PLACED_AT,
        )
        return ledger_pb2.ListEntriesResponse(entries=[entry], next_page_token="more")  # noqa: S106 -- of a page

    async def ReverseTransfer(self, request: ledger_pb2.ReverseTransferRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Its reversal."""
        return ledger_pb2.ReverseTransferResponse(transfer_id=f"reverse:{request.transfer_id}", number=3)

    async def GetTrialBalance(self, request: ledger_pb2.GetTrialBalanceRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Sums to zero."""
        total = ledger_pb2.CurrencyTotal(
            currency="experience_points", issued=1000, held_by_campaigns=900, held_by_subscribers=100
        )
        return ledger_pb2.GetTrialBalanceResponse(totals=[total], transfers=2, entries=4)

    async def ExportLedger(self, request: ledger_pb2.ExportLedgerRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """An empty one."""
        yield ledger_pb2.ExportLedgerResponse(piece=b'{"format":"carillon-ledger-1"}\n')

    async def VerifyLedger(self, request: ledger_pb2.VerifyLedgerRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Nothing is wrong."""
        yield ledger_pb2.VerifyLedgerResponse(transfers=2, entries=4, finished=True)
