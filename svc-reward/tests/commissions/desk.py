"""Commissions as their callers know them over gRPC, and the two workers run by hand, so that a test sets the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import facts_pb2
from carillon.reward.v1 import (
    affiliate_pb2,
    affiliate_pb2_grpc,
    commission_pb2,
    commission_pb2_grpc,
    settlement_pb2,
    settlement_pb2_grpc,
)
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.lock_lines import lock_lines
from svc_reward.app.price_events import price_events
from svc_reward.store.commission_matrix import read_commission_matrix
from svc_reward.worker.commission_facts import CommissionFacts

from .values import ZONE

MAKER = Identity(subject="maker", roles=frozenset({"province_admin"}))
OTHER_MAKER = Identity(subject="other-maker", roles=frozenset({"province_admin"}))
CHECKER = Identity(subject="checker", roles=frozenset({"approver"}))
AUDITOR = Identity(subject="auditor", roles=frozenset({"auditor"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))
POCO = Identity(subject="poco-client", roles=frozenset({"affiliate"}))
RIVAL = Identity(subject="rival-client", roles=frozenset({"affiliate"}))
NORTH = Identity(subject="north", roles=frozenset({"branch_operator"}), branch="north")

KINDS: Mapping[str, affiliate_pb2.AffiliateKind.ValueType] = {
    name.removeprefix("AFFILIATE_KIND_").lower(): value for name, value in affiliate_pb2.AffiliateKind.items()
}
COMMISSIONS: Mapping[str, affiliate_pb2.CommissionKind.ValueType] = {
    name.removeprefix("COMMISSION_KIND_").lower(): value for name, value in affiliate_pb2.CommissionKind.items()
}


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


@dataclass(slots=True)
class Desk:
    """All calls about commissions; the clock is the test's."""

    channel: grpc.aio.Channel
    database: Database
    clock: FixedClock
    keys: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.affiliates = affiliate_pb2_grpc.AffiliateServiceStub(self.channel)
        self.commissions = commission_pb2_grpc.CommissionServiceStub(self.channel)
        self.settlements = settlement_pb2_grpc.SettlementServiceStub(self.channel)

    affiliates: "affiliate_pb2_grpc.AffiliateServiceStub" = field(init=False)
    commissions: "commission_pb2_grpc.CommissionServiceStub" = field(init=False)
    settlements: "settlement_pb2_grpc.SettlementServiceStub" = field(init=False)

    def key(self) -> str:
        return f"key-{next(self.keys)}"

    def pass_days(self, days: float) -> None:
        self.clock.at += timedelta(days=days)

    async def register(
        self, affiliate_id: str = "poco", kind: str = "website", *, by: Identity = POCO, key: str = ""
    ) -> affiliate_pb2.Affiliate:
        request = affiliate_pb2.RegisterAffiliateRequest(
            request_id=key or self.key(), kind=KINDS[kind], name=affiliate_id or "somebody", id=affiliate_id
        )
        with acting_as(by):
            return (await invoke(self.affiliates.RegisterAffiliate, request)).affiliate

    async def affiliate(self, affiliate_id: str = "poco", *, by: Identity = POCO) -> affiliate_pb2.Affiliate:
        with acting_as(by):
            request = affiliate_pb2.GetAffiliateRequest(id=affiliate_id)
            return (await invoke(self.affiliates.GetAffiliate, request)).affiliate

    async def link(self, affiliate_id: str = "poco", *, by: Identity = POCO, **values: str) -> str:
        standard = {"service": "CRBT", "target": "https://portal.example/crbt?from=poco"}
        request = affiliate_pb2.CreateLinkRequest(
            request_id=self.key(), affiliate_id=affiliate_id, **(standard | values)
        )
        with acting_as(by):
            return (await invoke(self.affiliates.CreateLink, request)).token

    async def click(self, token: str, visitor: str = "") -> str:
        request = affiliate_pb2.FollowAffiliateLinkRequest(token=token, visitor=visitor)
        return (await invoke(self.affiliates.FollowAffiliateLink, request)).target

    async def experience(self, *references: str, affiliate_id: str = "poco", by: Identity = PORTAL) -> int:
        experiences = [
            affiliate_pb2.Experience(reference=reference, service="CRBT", at=stamp(self.clock.at))
            for reference in references
        ]
        request = affiliate_pb2.RecordExperiencesRequest(
            request_id=self.key(), affiliate_id=affiliate_id, experiences=experiences
        )
        with acting_as(by):
            return (await invoke(self.affiliates.RecordExperiences, request)).booked

    async def order(
        self, order_id: str, affiliate_id: str = "poco", *, amount_fen: int = 1000, subscriber_id: int = 7
    ) -> None:
        """svc-catalog's fact, booked as the follower books it."""
        fact = facts_pb2.OrderActivated(
            order_id=order_id,
            subscriber_id=subscriber_id,
            service="CRBT",
            amount_fen=amount_fen,
            affiliate_id=affiliate_id,
            activated_at=stamp(self.clock.at),
        )
        async with self.database.unit_of_work() as unit:
            await CommissionFacts().order(unit, fact, self.clock.at)

    async def end(self, subscriber_id: int = 7, service: str = "CRBT") -> None:
        fact = facts_pb2.SubscriptionEnded(subscriber_id=subscriber_id, service=service, ended_at=stamp(self.clock.at))
        async with self.database.unit_of_work() as unit:
            await CommissionFacts().end(unit, fact, self.clock.at)

    async def price(self) -> int:
        async with self.database.unit_of_work() as unit:
            return await price_events(unit, matrix=read_commission_matrix(), zone=ZONE)

    async def lock(self) -> int:
        async with self.database.unit_of_work() as unit:
            return await lock_lines(unit, clock=self.clock)

    async def propose(self, *, by: Identity = MAKER, **values: Any) -> commission_pb2.Policy:
        standard: dict[str, Any] = {
            "affiliate_kind": KINDS["website"],
            "commission_kind": COMMISSIONS["handling"],
            "valid_from": stamp(datetime(2026, 1, 1, tzinfo=UTC)),
            "tiers": [commission_pb2.Tier(volume_from=1, flat_fen=100)],
            "holding_days": 7,
        }
        terms = commission_pb2.PolicyTerms(**(standard | values))
        with acting_as(by):
            request = commission_pb2.CreatePolicyRequest(request_id=self.key(), terms=terms)
            return (await invoke(self.commissions.CreatePolicy, request)).policy

    async def approve(self, number: int, *, by: Identity = CHECKER) -> commission_pb2.Policy:
        with acting_as(by):
            request = commission_pb2.ApprovePolicyRequest(request_id=self.key(), number=number)
            return (await invoke(self.commissions.ApprovePolicy, request)).policy

    async def policy(self, **values: Any) -> commission_pb2.Policy:
        return await self.approve((await self.propose(**values)).number)

    async def refund(self, order_id: str, *, by: Identity = MAKER) -> tuple[int, int]:
        with acting_as(by):
            request = commission_pb2.RefundOrderRequest(request_id=self.key(), order_id=order_id)
            answer = await invoke(self.commissions.RefundOrder, request)
        return answer.voided, answer.deducted

    async def events(
        self, affiliate_id: str = "poco", *, cursor: str = "", by: Identity = POCO, page_size: int = 200
    ) -> affiliate_pb2.ListAffiliateEventsResponse:
        request = affiliate_pb2.ListAffiliateEventsRequest(
            affiliate_id=affiliate_id, cursor=cursor, page_size=page_size
        )
        with acting_as(by):
            return await invoke(self.affiliates.ListAffiliateEvents, request)

    async def outcomes(self, affiliate_id: str = "poco") -> list[tuple[str, int]]:
        """Of the affiliate's events, in the order of pricing."""
        answer = await self.events(affiliate_id, by=MAKER)
        return [(event.outcome, event.commission_fen) for event in answer.events]

    async def statement(
        self, month: str = "2026-11", affiliate_id: str = "poco", *, by: Identity = POCO
    ) -> commission_pb2.GetStatementResponse:
        request = commission_pb2.GetStatementRequest(affiliate_id=affiliate_id, month=month, page_size=200)
        with acting_as(by):
            return await invoke(self.commissions.GetStatement, request)

    async def totals(self, month: str = "2026-11", affiliate_id: str = "poco") -> dict[str, int]:
        """Fen by state."""
        found: dict[str, int] = {}
        for total in (await self.statement(month, affiliate_id, by=MAKER)).statement.totals:
            state = commission_pb2.LineState.Name(total.state).removeprefix("LINE_STATE_").lower()
            found[state] = found.get(state, 0) + total.amount_fen
        return found

    async def proof(self) -> commission_pb2.ProveStatementsResponse:
        with acting_as(AUDITOR):
            return await invoke(self.commissions.ProveStatements, commission_pb2.ProveStatementsRequest())

    async def settle(
        self, period: str = "2026-11", *, minimum_fen: int = 0, by: Identity = MAKER, key: str = ""
    ) -> settlement_pb2.Settlement:
        request = settlement_pb2.CreateSettlementRequest(
            request_id=key or self.key(), period=period, minimum_fen=minimum_fen
        )
        with acting_as(by):
            return (await invoke(self.settlements.CreateSettlement, request)).settlement

    async def approve_run(self, run: str, *, by: Identity = CHECKER) -> settlement_pb2.Settlement:
        with acting_as(by):
            request = settlement_pb2.ApproveSettlementRequest(request_id=self.key(), id=run)
            return (await invoke(self.settlements.ApproveSettlement, request)).settlement

    async def reject_run(self, run: str, *, by: Identity = CHECKER) -> settlement_pb2.Settlement:
        with acting_as(by):
            request = settlement_pb2.RejectSettlementRequest(request_id=self.key(), id=run)
            return (await invoke(self.settlements.RejectSettlement, request)).settlement

    async def pay_run(self, run: str, *, by: Identity = MAKER) -> settlement_pb2.Settlement:
        with acting_as(by):
            request = settlement_pb2.PaySettlementRequest(request_id=self.key(), id=run)
            return (await invoke(self.settlements.PaySettlement, request)).settlement

    async def file(self, run: str, *, by: Identity = MAKER) -> bytes:
        request = settlement_pb2.StreamSettlementFileRequest(id=run)
        with acting_as(by):
            stream = invoke_stream(self.settlements.StreamSettlementFile, request)
            return b"".join([response.piece async for response in stream])
