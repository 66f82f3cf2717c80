"""What the ledger's tests share: a ledger in the application's role and the service on a socket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import grpc
import pytest

import svc_reward.migrations
from carillon.reward.v1 import ledger_pb2_grpc
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.main import LEDGER_ROLE, build
from svc_reward.settings import Settings

from .client import Client

MIGRATIONS = svc_reward.migrations.__path__[0]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=NOON)


@pytest.fixture
async def owned(make_database: MakeDatabase) -> Database:
    """A fresh ledger, as the owner of its tables."""
    return await make_database(MIGRATIONS)


@pytest.fixture
async def ledger(owned: Database) -> AsyncIterator[Database]:
    """The same ledger, as the application's role sees it."""
    database = Database(owned.url, role=LEDGER_ROLE)
    yield database
    await database.close()


@pytest.fixture
async def channel(owned: Database, serving: Serving) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward on a socket, without its follower."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        yield channel
    for close in service.closers:
        await close()
    await service.database.close()


@pytest.fixture
def client(channel: grpc.aio.Channel) -> Client:
    return Client(ledger_pb2_grpc.LedgerServiceStub(channel))
