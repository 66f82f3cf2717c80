"""What an operator's desk does with the service in tests: calls as somebody, runs jobs, tells facts."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import grpc
from google.protobuf.message import Message

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc, facts_pb2
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.server import Service
from carillon_chassis.telemetry import meter
from svc_campaign.app.book_members import BatchBooker
from svc_campaign.app.run_launch import Launch, run_launch
from svc_campaign.app.send_answers import Answering, send_answers
from svc_campaign.app.tally import Tally
from svc_campaign.settings import Settings
from svc_campaign.worker.catalog_peer import CatalogPeer
from svc_campaign.worker.channel_peer import ChannelPeer
from svc_campaign.worker.facts import FactHandlers
from svc_campaign.worker.segment_peer import SegmentPeer

from .fakes import Peers

MAKER = Identity(subject="maker", roles=frozenset({"branch_operator"}), branch="hangzhou")
NEIGHBOUR = Identity(subject="neighbour", roles=frozenset({"branch_operator"}), branch="ningbo")
APPROVER = Identity(subject="approver", roles=frozenset({"approver"}), branch="hangzhou")
ADMIN = Identity(subject="admin", roles=frozenset({"province_admin"}))
AUDITOR = Identity(subject="auditor", roles=frozenset({"auditor"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))

MENS, WOMENS, HOLDOUT = UUID(int=101), UUID(int=102), UUID(int=103)
STANDARD_MEMBERS = {HOLDOUT: [1, 4, 7, 10], MENS: [2, 5, 8], WOMENS: [3, 6, 9]}


def a_plan_message(**values: Any) -> campaign_pb2.CampaignPlan:
    """A plan of two treatment arms and a hold-out, as the gateway sends it."""
    standard: dict[str, Any] = {
        "name": "hillstrom-2008",
        "arms": [
            campaign_pb2.Arm(name="mens", segment_id=str(MENS), template="Men of {zip_code|your town}: {link}"),
            campaign_pb2.Arm(name="holdout", segment_id=str(HOLDOUT), holdout=True),
            campaign_pb2.Arm(name="womens", segment_id=str(WOMENS), template="Women of {zip_code}: {link}"),
        ],
        "sender": "10086",
        "link_target": "https://portal.example/offer",
        "window_days": 14,
        "response_events": ["visit"],
        "conversion_services": ["WIRELESS_MUSIC"],
        "reward": campaign_pb2.Reward(currency="experience_points", points_per_conversion=50, budget_points=10_000),
    }
    return campaign_pb2.CampaignPlan(**(standard | values))


@dataclass(kw_only=True)
class Desk:
    """One running service and everything a test needs around it."""

    channel: grpc.aio.Channel
    peers: Peers
    clock: FixedClock
    database: Database
    service: Service
    settings: Settings
    _requests: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.campaigns = campaign_pb2_grpc.CampaignServiceStub(self.channel)
        self.links = campaign_pb2_grpc.LinkServiceStub(self.channel)
        self.handlers = FactHandlers(Tally(meter()))

    async def call(self, method: str, request: Message, *, who: Identity = MAKER) -> Any:
        """Calls a method of CampaignService as somebody."""
        with acting_as(who):
            return await invoke(getattr(self.campaigns, method), request)

    def request_id(self) -> str:
        """A key not used before."""
        return f"request-{next(self._requests)}"

    async def create(self, *, who: Identity = MAKER, **plan: Any) -> campaign_pb2.Campaign:
        """A draft; the standard segments stand."""
        for segment_id, members in STANDARD_MEMBERS.items():
            self.peers.segment.segments.setdefault(segment_id, members)
        request = campaign_pb2.CreateCampaignRequest(request_id=self.request_id(), plan=a_plan_message(**plan))
        created: campaign_pb2.CreateCampaignResponse = await self.call("CreateCampaign", request, who=who)
        return created.campaign

    async def step(self, name: str, campaign_id: str, *, who: Identity, **values: Any) -> campaign_pb2.Campaign:
        """Submit, Approve, Reject or Launch."""
        request_type = getattr(campaign_pb2, f"{name}CampaignRequest")
        request = request_type(id=campaign_id, **({"request_id": self.request_id()} | values))
        campaign: campaign_pb2.Campaign = (await self.call(f"{name}Campaign", request, who=who)).campaign
        return campaign

    async def get(self, campaign_id: str, *, who: Identity = ADMIN) -> campaign_pb2.Campaign:
        """The campaign as it stands."""
        got: campaign_pb2.GetCampaignResponse = await self.call(
            "GetCampaign", campaign_pb2.GetCampaignRequest(id=campaign_id), who=who
        )
        return got.campaign

    async def report(self, campaign_id: str) -> dict[str, campaign_pb2.ArmReport]:
        """The report by arm."""
        got: campaign_pb2.GetReportResponse = await self.call(
            "GetReport", campaign_pb2.GetReportRequest(id=campaign_id), who=AUDITOR
        )
        return {arm.arm: arm for arm in got.arms}

    async def approved(self, **plan: Any) -> str:
        """The id of an approved campaign."""
        campaign_id = (await self.create(**plan)).id
        await self.step("Submit", campaign_id, who=MAKER)
        await self.step("Approve", campaign_id, who=APPROVER)
        return campaign_id

    async def launched(self, **plan: Any) -> str:
        """The id of a launching campaign, whose job has not run."""
        campaign_id = await self.approved(**plan)
        await self.step("Launch", campaign_id, who=MAKER)
        return campaign_id

    async def running(self, **plan: Any) -> str:
        """The id of a running campaign."""
        campaign_id = await self.launched(**plan)
        await self.run_launch(campaign_id)
        return campaign_id

    @contextlib.asynccontextmanager
    async def launch(self, **booker: Any) -> AsyncIterator[Launch]:
        """What a launch job of a fresh process has."""
        address = self.settings.segment_address
        channel = open_channel(address)
        outlet, tally = ChannelPeer(channel), Tally(meter())
        standard: dict[str, Any] = {"draw_number": partial(secrets.randbits, 63), "public_url": "http://127.0.0.1:8080"}
        standard |= {"database": self.database, "outlet": outlet, "clock": self.clock, "tally": tally}
        yield Launch(
            database=self.database,
            segments=SegmentPeer(channel),
            outlet=outlet,
            clock=self.clock,
            tally=tally,
            booker=BatchBooker(**(standard | booker)),
        )
        await channel.close()

    async def run_launch(self, campaign_id: str, **booker: Any) -> int:
        """Runs the launch job once, as a worker would."""
        async with self.launch(**booker) as launch:
            return await run_launch(launch, campaign_id=UUID(campaign_id), traceparent="")

    async def answer(self) -> int:
        """Answers triggers once, as a worker of a fresh process would."""
        channel = open_channel(self.settings.segment_address)
        means = Answering(
            database=self.database,
            services=CatalogPeer(channel),
            outlet=ChannelPeer(channel),
            clock=self.clock,
            tally=Tally(meter()),
            draw_number=partial(secrets.randbits, 63),
            public_url="http://127.0.0.1:8080",
        )
        try:
            return await send_answers(means)
        finally:
            await channel.close()

    async def tell(self, fact: Message) -> None:
        """Books a fact as its follower would, in a transaction of its own."""
        handlers = {
            **self.handlers.of_channel(),
            **self.handlers.of_segment(),
            **self.handlers.of_catalog(),
            **self.handlers.of_reward(),
        }
        async with self.database.unit_of_work() as unit:
            await handlers[type(fact)](unit, fact, datetime.now(UTC))

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a query."""
        async with self.database.unit_of_work() as unit:
            return list(await unit.driver.fetch(statement, *values))

    async def told(self, kind: type[Message] = facts_pb2.RewardsEarned) -> list[Any]:
        """Facts of one kind in the outbox, in order."""
        rows = await self.fetch(
            "SELECT body FROM outbox WHERE type = $1 ORDER BY transaction, sequence", kind.DESCRIPTOR.full_name
        )
        return [kind.FromString(row["body"]) for row in rows]

    async def until(self, condition: Any, seconds: float = 10.0) -> None:
        """Waits until an async condition holds."""
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)
