"""What the tests of reports and fulfilment share: the service by a clock of the test, beside a stand-in for svc-segment."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest

from carillon.reward.v1 import ledger_pb2_grpc
from carillon.segment.v1 import subscriber_pb2_grpc
from carillon_chassis.client import open_channel
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.telemetry import meter
from carillon_chassis.testing.plugin import Serving
from svc_reward.app.recharge_tally import RechargeTally
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.placing_clerk import PlacingClerk
from svc_reward.worker.recharge_clerk import RechargeClerk
from svc_reward.worker.recharge_peer import RechargePeer
from svc_reward.worker.subscribers import Subscribers

from ..client import Client  # noqa: TID252 -- tests have no name to import by
from ..shop import open_shop  # noqa: TID252 -- tests have no name to import by
from .desks import NOON, Desks, Segment
from .recharge_system import SECRET, RechargeSystem, start_recharge_system


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=NOON)


@pytest.fixture
def segment() -> Segment:
    return Segment()


@pytest.fixture
async def segment_address(segment: Segment) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="seg") as folder:
        address = f"unix:{folder}/s.sock"
        server = grpc.aio.server()
        subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(segment, server)
        server.add_insecure_port(address)
        await server.start()
        yield address
        await server.stop(0)


@pytest.fixture
async def subscribers(segment_address: str) -> AsyncIterator[Subscribers]:
    channel = open_channel(segment_address)
    yield Subscribers(channel, city_attribute="branch")
    await channel.close()


@pytest.fixture
async def placing(ledger: Database, subscribers: Subscribers) -> PlacingClerk:
    """The worker that finds cities, run by hand."""
    return PlacingClerk(ledger, subscribers)


@pytest.fixture
def recharge_url() -> str:
    """Where the service believes its recharge system to be; its worker does not run."""
    return "http://127.0.0.1:9"


@pytest.fixture
async def desks(
    owned: Database, ledger: Database, clock: FixedClock, serving: Serving, segment_address: str, recharge_url: str
) -> AsyncIterator[Desks]:
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address=segment_address,
        recharge_url=recharge_url,
        recharge_secret="secret",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        client = Client(ledger_pb2_grpc.LedgerServiceStub(channel))
        yield Desks(channel=channel, database=ledger, clock=clock, shop=open_shop(channel), ledger=client)
    for close in service.closers:
        await close()
    await service.database.close()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RechargeSystem]:
    running = start_recharge_system(tmp_path / "journal.jsonl")
    yield running
    running.stop()


@pytest.fixture
async def peer(system: RechargeSystem) -> AsyncIterator[RechargePeer]:
    peer = RechargePeer(system.url, SECRET.encode(), timeout_seconds=0.5)
    yield peer
    await peer.close()


@pytest.fixture
def clerk(ledger: Database, peer: RechargePeer, subscribers: Subscribers, clock: FixedClock) -> RechargeClerk:
    return RechargeClerk(ledger, payer=peer, numbers=subscribers, clock=clock, tally=RechargeTally(meter()))
