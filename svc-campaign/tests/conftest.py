"""A whole svc-campaign over real gRPC and real PostgreSQL, with stand-ins for its peers."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import svc_campaign.migrations
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_campaign.main import build
from svc_campaign.settings import Settings

from .desk import Desk
from .factories import LAUNCHED_AT
from .fakes import Peers


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(svc_campaign.migrations.__path__[0])


@pytest.fixture
async def desk(database: Database, serving: Serving) -> AsyncIterator[Desk]:
    """The service with its workers left out: a test runs the jobs and tells the facts itself."""
    peers = Peers()
    # A short path: a unix socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ccp"))
    address = f"unix:{folder / 'p.sock'}"
    server = await peers.serve(address)
    clock = FixedClock(at=LAUNCHED_AT)
    settings = Settings(
        database_url=database.url,
        listen="unix:unused.sock",
        segment_address=address,
        channel_address=address,
        catalog_address=address,
        reward_address=address,
        public_url="http://127.0.0.1:8080/",
    )
    service = build(settings, clock=clock)
    try:
        async with serving(service, with_workers=False) as channel:
            yield Desk(channel=channel, peers=peers, clock=clock, database=database, service=service, settings=settings)
    finally:
        await service.database.close()
        await server.stop(0)
        shutil.rmtree(folder, ignore_errors=True)
