"""Stand-ins for svc-reward's affiliates, commissions and settlements that answer from memory; no more than tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import (
    affiliate_pb2,
    affiliate_pb2_grpc,
    commission_pb2,
    commission_pb2_grpc,
    settlement_pb2,
    settlement_pb2_grpc,
)
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT, Calls

AFFILIATE_TOKEN = "aB3dEf9hJ2kLm"  # noqa: S105 -- a link's token, no secret
AFFILIATE_TARGET = "https://portal.example/crbt?affiliate=poco"
FILE = b"settlement_id,period\r\n"


class AffiliatesStandIn(affiliate_pb2_grpc.AffiliateServiceServicer):
    """Affiliates in memory, with one link for all of them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._affiliates: dict[str, affiliate_pb2.Affiliate] = {}
        self.visitors: list[str] = []

    async def RegisterAffiliate(self, request: affiliate_pb2.RegisterAffiliateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        affiliate = affiliate_pb2.Affiliate(
            id=request.id or str(uuid.uuid4()), kind=request.kind, name=request.name, registered_at=PLACED_AT
        )
        self._affiliates[affiliate.id] = affiliate
        return affiliate_pb2.RegisterAffiliateResponse(affiliate=affiliate)

    async def GetAffiliate(self, request: affiliate_pb2.GetAffiliateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """As registered."""
        return affiliate_pb2.GetAffiliateResponse(affiliate=self._known(request.id))

    async def CreateLink(self, request: affiliate_pb2.CreateLinkRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one link."""
        self._known(request.affiliate_id)
        return affiliate_pb2.CreateLinkResponse(
            token=AFFILIATE_TOKEN, affiliate_id=request.affiliate_id, service=request.service, target=request.target
        )

    async def FollowAffiliateLink(self, request: affiliate_pb2.FollowAffiliateLinkRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Its target."""
        self._calls.note("FollowAffiliateLink")
        self.visitors.append(request.visitor)
        if request.token != AFFILIATE_TOKEN:
            raise NotFound(reason="LINK_UNKNOWN", field="token", detail="no affiliate has this link")
        return affiliate_pb2.FollowAffiliateLinkResponse(target=AFFILIATE_TARGET)

    async def RecordExperiences(self, request: affiliate_pb2.RecordExperiencesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All are new."""
        self._known(request.affiliate_id)
        return affiliate_pb2.RecordExperiencesResponse(booked=len(request.experiences))

    async def ListAffiliateEvents(self, request: affiliate_pb2.ListAffiliateEventsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One click."""
        self._known(request.affiliate_id)
        event = affiliate_pb2.AffiliateEvent(
            id="click:1", kind=affiliate_pb2.COMMISSION_KIND_AD_CLICK, service="CRBT", token=AFFILIATE_TOKEN,
            occurred_at=PLACED_AT, outcome="PRICED", commission_fen=5,
        )  # fmt: skip
        return affiliate_pb2.ListAffiliateEventsResponse(events=[] if request.cursor else [event], cursor="next")

    def _known(self, affiliate_id: str) -> affiliate_pb2.Affiliate:
        if affiliate_id not in self._affiliates:
            raise NotFound(reason="AFFILIATE_UNKNOWN", field="id", detail="there is no such affiliate")
        return self._affiliates[affiliate_id]


class CommissionsStandIn(commission_pb2_grpc.CommissionServiceServicer):
    """Policies in memory and one statement."""

    def __init__(self) -> None:
        self._policies: list[commission_pb2.Policy] = []

    async def CreatePolicy(self, request: commission_pb2.CreatePolicyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Proposed."""
        policy = commission_pb2.Policy(
            number=len(self._policies) + 1, terms=request.terms, made_by=current_identity().subject, made_at=PLACED_AT
        )
        self._policies.append(policy)
        return commission_pb2.CreatePolicyResponse(policy=policy)

    async def ApprovePolicy(self, request: commission_pb2.ApprovePolicyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        if request.number > len(self._policies):
            raise NotFound(reason="POLICY_UNKNOWN", field="number", detail="there is no such policy")
        policy = self._policies[request.number - 1]
        _other_person(policy.made_by)
        policy.approved_by = current_identity().subject
        policy.approved_at.CopyFrom(PLACED_AT)
        return commission_pb2.ApprovePolicyResponse(policy=policy)

    async def ListPolicies(self, request: commission_pb2.ListPoliciesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page."""
        return commission_pb2.ListPoliciesResponse(policies=self._policies)

    async def RefundOrder(self, request: commission_pb2.RefundOrderRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One line voided."""
        return commission_pb2.RefundOrderResponse(voided=1)

    async def ListStatements(self, request: commission_pb2.ListStatementsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One."""
        statement = _statement(request.affiliate_id or "poco", request.month or "2026-11")
        return commission_pb2.ListStatementsResponse(statements=[statement])

    async def GetStatement(self, request: commission_pb2.GetStatementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """With one deducted line."""
        line = commission_pb2.StatementLine(
            number=2, event_id="order:1", kind=affiliate_pb2.COMMISSION_KIND_HANDLING, service="CRBT",
            state=commission_pb2.LINE_STATE_LOCKED, amount_fen=-100, policy=1, due_at=PLACED_AT, locks_at=PLACED_AT,
        )  # fmt: skip
        return commission_pb2.GetStatementResponse(
            statement=_statement(request.affiliate_id, request.month),
            lines=[line],
            ledger=commission_pb2.LedgerPosition(owed_fen=100),
        )

    async def ProveStatements(self, request: commission_pb2.ProveStatementsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Sound."""
        return commission_pb2.ProveStatementsResponse(affiliates=1, lines=1)


class SettlementsStandIn(settlement_pb2_grpc.SettlementServiceServicer):
    """Runs in memory with their states."""

    def __init__(self) -> None:
        self._runs: dict[str, settlement_pb2.Settlement] = {}

    async def CreateSettlement(self, request: settlement_pb2.CreateSettlementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Proposed."""
        run = settlement_pb2.Settlement(
            id=str(uuid.uuid4()), period=request.period, state=settlement_pb2.SETTLEMENT_STATE_PROPOSED,
            minimum_fen=request.minimum_fen, affiliates=1, lines=3, gross_fen=300, deducted_fen=100, net_fen=200,
            file_sha256="00", made_by=current_identity().subject, made_at=PLACED_AT,
        )  # fmt: skip
        self._runs[run.id] = run
        return settlement_pb2.CreateSettlementResponse(settlement=run)

    async def ApproveSettlement(self, request: settlement_pb2.ApproveSettlementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        return settlement_pb2.ApproveSettlementResponse(
            settlement=self._check(request.id, settlement_pb2.SETTLEMENT_STATE_APPROVED)
        )

    async def RejectSettlement(self, request: settlement_pb2.RejectSettlementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        return settlement_pb2.RejectSettlementResponse(
            settlement=self._check(request.id, settlement_pb2.SETTLEMENT_STATE_REJECTED)
        )

    async def PaySettlement(self, request: settlement_pb2.PaySettlementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        run = self._known(request.id, settlement_pb2.SETTLEMENT_STATE_APPROVED)
        run.state = settlement_pb2.SETTLEMENT_STATE_PAID
        run.paid_by = current_identity().subject
        run.paid_at.CopyFrom(PLACED_AT)
        return settlement_pb2.PaySettlementResponse(settlement=run)

    async def GetSettlement(self, request: settlement_pb2.GetSettlementRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """As it stands."""
        return settlement_pb2.GetSettlementResponse(settlement=self._known(request.id))

    async def StreamSettlementFile(self, request: settlement_pb2.StreamSettlementFileRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """In pieces."""
        self._known(request.id, settlement_pb2.SETTLEMENT_STATE_APPROVED)
        for start in range(0, len(FILE), 8):
            yield settlement_pb2.StreamSettlementFileResponse(piece=FILE[start : start + 8])

    def _known(
        self, run_id: str, state: settlement_pb2.SettlementState.ValueType | None = None
    ) -> settlement_pb2.Settlement:
        if run_id not in self._runs:
            raise NotFound(reason="SETTLEMENT_UNKNOWN", field="id", detail="there is no such settlement")
        if state is not None and self._runs[run_id].state != state:
            raise StateRefused(reason="SETTLEMENT_STATE", detail="its state does not allow this")
        return self._runs[run_id]

    def _check(self, run_id: str, state: settlement_pb2.SettlementState.ValueType) -> settlement_pb2.Settlement:
        run = self._known(run_id, settlement_pb2.SETTLEMENT_STATE_PROPOSED)
        _other_person(run.made_by)
        run.state = state
        run.checked_by = current_identity().subject
        run.checked_at.CopyFrom(PLACED_AT)
        return run


def _other_person(maker: str) -> None:
    if maker == current_identity().subject:
        raise PermissionRefused(reason="MAKER_IS_CHECKER", detail="another person approves")


def _statement(affiliate_id: str, month: str) -> commission_pb2.Statement:
    total = commission_pb2.StatementTotal(
        kind=affiliate_pb2.COMMISSION_KIND_HANDLING, state=commission_pb2.LINE_STATE_LOCKED, lines=1, amount_fen=-100
    )
    return commission_pb2.Statement(affiliate_id=affiliate_id, month=month, totals=[total])
