"""Reports and fulfilment as the province and its cities call them, and short ways to owe something to subscribers."""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import grpc

from carillon.reward.v1 import fulfilment_pb2, fulfilment_pb2_grpc, ledger_pb2
from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from svc_reward.domain.draw_rule import DrawRule, Prize

from ..client import Client, budget, subscriber, transfer  # noqa: TID252 -- tests have no name to import by
from ..shop import Shop  # noqa: TID252 -- tests have no name to import by

PROVINCE = Identity(subject="province", roles=frozenset({"province_admin"}))
OTHER_PROVINCE = Identity(subject="other-province", roles=frozenset({"province_admin"}))
GUANGZHOU = Identity(subject="gz", roles=frozenset({"branch_operator"}), branch="guangzhou")
SHENZHEN = Identity(subject="sz", roles=frozenset({"branch_operator"}), branch="shenzhen")
AUDITOR = Identity(subject="auditor", roles=frozenset({"auditor"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))

CREDIT = "phone_credit_fen"
REPORTED, VERIFIED, PAYING, COMPLETED, FAILED = (
    fulfilment_pb2.FULFILMENT_STATE_REPORTED,
    fulfilment_pb2.FULFILMENT_STATE_VERIFIED,
    fulfilment_pb2.FULFILMENT_STATE_PAYING,
    fulfilment_pb2.FULFILMENT_STATE_COMPLETED,
    fulfilment_pb2.FULFILMENT_STATE_FAILED,
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Segment(subscriber_pb2_grpc.SubscriberServiceServicer):
    """Stands in for svc-segment: everybody has the number +86138 and the id, and the city that a test says."""

    cities: dict[int, str] = field(default_factory=dict)
    numberless: set[int] = field(default_factory=set)

    async def LookUpNumbers(self, request: subscriber_pb2.LookUpNumbersRequest, context: Any) -> Any:
        entries = [
            subscriber_pb2.NumberEntry(msisdn=f"+86138{one:08d}", subscriber_id=one)
            for one in request.subscriber_ids
            if one not in self.numberless
        ]
        return subscriber_pb2.LookUpNumbersResponse(entries=entries)

    async def ResolveNumbers(self, request: subscriber_pb2.ResolveNumbersRequest, context: Any) -> Any:
        return subscriber_pb2.ResolveNumbersResponse()

    async def LookUpBranches(self, request: subscriber_pb2.LookUpBranchesRequest, context: Any) -> Any:
        """Nobody's."""
        return subscriber_pb2.LookUpBranchesResponse()

    async def EndLife(self, request: subscriber_pb2.EndLifeRequest, context: Any) -> Any:
        return subscriber_pb2.EndLifeResponse()

    async def GetSubscriber(self, request: subscriber_pb2.GetSubscriberRequest, context: Any) -> Any:
        city = self.cities.get(request.subscriber_id)
        attributes = [] if city is None else [subscriber_pb2.AttributeValue(name="branch", text=city)]
        return subscriber_pb2.GetSubscriberResponse(subscriber_id=request.subscriber_id, attributes=attributes)


@dataclass(slots=True)
class Desks:
    """All calls about reports; the database is seen in the application's role, the clock is the test's."""

    channel: grpc.aio.Channel
    database: Database
    clock: FixedClock
    shop: Shop
    ledger: Client
    keys: Any = field(default_factory=lambda: count(1))
    stub: "fulfilment_pb2_grpc.FulfilmentServiceStub" = field(init=False)

    def __post_init__(self) -> None:
        self.stub = fulfilment_pb2_grpc.FulfilmentServiceStub(self.channel)

    def key(self) -> str:
        return f"desk-{next(self.keys)}"

    async def issue(
        self, stage: str = "2026-11", *, by: Identity = PROVINCE, key: str = "", campaign: str = "stars", **named: Any
    ) -> fulfilment_pb2.RewardReport:
        worth = [fulfilment_pb2.PhoneCredit(prize=prize, fen=fen) for prize, fen in named.pop("credits", {}).items()]
        request = fulfilment_pb2.IssueReportRequest(
            request_id=key or self.key(), campaign=campaign, stage=stage, credits=worth, **named
        )
        with acting_as(by):
            return (await invoke(self.stub.IssueReport, request, timeout_seconds=60)).report

    async def report(
        self, report_id: str, *, by: Identity = PROVINCE, city: str | None = None
    ) -> fulfilment_pb2.RewardReport:
        with acting_as(by):
            return (await invoke(self.stub.GetReport, fulfilment_pb2.GetReportRequest(id=report_id, city=city))).report

    async def reports(self, *, by: Identity = PROVINCE, city: str | None = None) -> list[fulfilment_pb2.RewardReport]:
        request = fulfilment_pb2.ListReportsRequest(campaign="stars", city=city)
        with acting_as(by):
            return list((await invoke(self.stub.ListReports, request)).reports)

    async def file(self, report_id: str, *, by: Identity = PROVINCE, city: str | None = None) -> bytes:
        request = fulfilment_pb2.StreamReportFileRequest(id=report_id, city=city)
        with acting_as(by):
            return b"".join([answer.piece async for answer in invoke_stream(self.stub.StreamReportFile, request)])

    async def items(
        self, report_id: str, *, by: Identity = PROVINCE, page_size: int = 200, **named: Any
    ) -> list[fulfilment_pb2.Fulfilment]:
        found: list[fulfilment_pb2.Fulfilment] = []
        token = ""
        while True:
            request = fulfilment_pb2.ListFulfilmentsRequest(
                report_id=report_id, page_size=page_size, page_token=token, **named
            )
            with acting_as(by):
                page = await invoke(self.stub.ListFulfilments, request)
            found += page.fulfilments
            token = page.next_page_token
            if not token:
                return found

    async def stub_page(self, report_id: str, token: str) -> fulfilment_pb2.ListFulfilmentsResponse:
        request = fulfilment_pb2.ListFulfilmentsRequest(report_id=report_id, page_token=token)
        with acting_as(PROVINCE):
            return await invoke(self.stub.ListFulfilments, request)

    async def look(self, item_id: str, *, by: Identity = PROVINCE) -> fulfilment_pb2.GetFulfilmentResponse:
        with acting_as(by):
            return await invoke(self.stub.GetFulfilment, fulfilment_pb2.GetFulfilmentRequest(id=item_id))

    async def verify(self, item_id: str, *, by: Identity = GUANGZHOU, key: str = "") -> fulfilment_pb2.Fulfilment:
        request = fulfilment_pb2.VerifyFulfilmentRequest(request_id=key or self.key(), id=item_id)
        with acting_as(by):
            return (await invoke(self.stub.VerifyFulfilment, request, timeout_seconds=30)).fulfilment

    async def complete(
        self, item_id: str, reference: str = "SF-1", *, by: Identity = GUANGZHOU, key: str = ""
    ) -> fulfilment_pb2.Fulfilment:
        request = fulfilment_pb2.CompleteFulfilmentRequest(
            request_id=key or self.key(), id=item_id, reference=reference
        )
        with acting_as(by):
            return (await invoke(self.stub.CompleteFulfilment, request, timeout_seconds=30)).fulfilment

    async def fail(
        self, item_id: str, reason: str = "moved away", *, by: Identity = GUANGZHOU
    ) -> fulfilment_pb2.Fulfilment:
        request = fulfilment_pb2.FailFulfilmentRequest(request_id=self.key(), id=item_id, reason=reason)
        with acting_as(by):
            return (await invoke(self.stub.FailFulfilment, request)).fulfilment

    async def again(
        self, item_id: str, city: str = "guangzhou", *, by: Identity = PROVINCE, note: str = "address corrected"
    ) -> fulfilment_pb2.Fulfilment:
        request = fulfilment_pb2.ReportFulfilmentAgainRequest(request_id=self.key(), id=item_id, city=city, note=note)
        with acting_as(by):
            return (await invoke(self.stub.ReportFulfilmentAgain, request)).fulfilment

    async def draw(self, winners: list[tuple[int, str]], *, branch: str = "guangzhou", campaign: str = "stars") -> str:
        """A drawn draw whose winners (subscriber, prize) get something by hand."""
        draw_id = str(uuid.uuid4())
        codes = sorted({prize for _, prize in winners})
        rule = DrawRule(
            draw_id=draw_id,
            name="Stars of November",
            campaign_id=campaign,
            prizes=tuple(Prize(code=code, name=f"奖品, {code}", weight=1, stock=1_000_000) for code in codes),
            awards=max(1, len(winners)),
            wins_per_person=1000,
            eligibility=None,
            closes_at=NOON,
            reveal_by=NOON + timedelta(days=1),
            blinding=b"b" * 32,
        )
        first = hashlib.sha256(draw_id.encode()).digest()
        async with self.database.unit_of_work() as unit:
            await unit.driver.execute(
                "INSERT INTO draw VALUES ($1, $2, $3, 'maker', $4, 'drawn', 'maker', sha256($5), 1, 1, '\\x00', 'notary',"
                " $4, 'maker', $5, '', $6)",
                uuid.UUID(draw_id),
                rule.text().decode(),
                branch,
                b"s" * 32,
                first,
                NOON,
            )
            await unit.driver.copy_records_to_table(
                "draw_winner",
                records=[
                    (uuid.UUID(draw_id), award, prize, award, b"t" * 16, one, None, None, "")
                    for award, (one, prize) in enumerate(winners, 1)
                ],
            )
        return draw_id

    async def fund(self, fen: int, *, campaign: str = "stars", currency: str = CREDIT) -> None:
        """Gives a campaign a budget."""
        issuance = ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_ISSUANCE, owner="operator", currency=currency)
        account = budget(campaign, currency)
        await self.ledger.open(issuance, account, request_id=self.key())
        (outcome,) = await self.ledger.post(transfer(f"start:{self.key()}", (issuance, -fen), (account, fen)))
        assert outcome.outcome == "POSTED"

    async def grant(self, one: int, fen: int, *, campaign: str = "stars", currency: str = CREDIT) -> str:
        """The campaign grants a subscriber; the id of the transfer."""
        account, transfer_id = subscriber(one, currency), f"grant-{self.key()}"
        await self.ledger.open(account, request_id=self.key())
        granted = transfer(transfer_id, (budget(campaign, currency), -fen), (account, fen))
        (outcome,) = await self.ledger.post(granted)
        assert outcome.outcome == "POSTED"
        return transfer_id

    async def paid_fen(self) -> tuple[int, int]:
        """What the ledger says is on its way to the recharge system, and what has gone there."""
        async with self.database.read() as unit:
            rows = await unit.driver.fetch(
                "SELECT account.kind, balance.amount FROM account JOIN balance ON balance.account = account.number"
                " WHERE account.owner = 'phone-recharge' AND account.currency = $1",
                CREDIT,
            )
        amounts = {row["kind"]: row["amount"] for row in rows}
        return amounts.get("payable", 0), amounts.get("paid", 0)


def states_of(report: fulfilment_pb2.RewardReport) -> dict[str, dict[str, tuple[int, int]]]:
    """Items and fen by city and state."""
    return {
        city.city: {
            fulfilment_pb2.FulfilmentState.Name(total.state).removeprefix("FULFILMENT_STATE_").lower(): (
                total.items,
                total.amount_fen,
            )
            for total in city.states
        }
        for city in report.cities
    }
