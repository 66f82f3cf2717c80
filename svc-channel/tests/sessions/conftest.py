"""What the tests of sessions share: a real database, real gRPC, and the other services stood in for."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import svc_channel.migrations
from carillon_chassis.client import open_channel
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_channel.main import build
from svc_channel.settings import Settings

from .desk import Desk
from .mailbox import Mailbox
from .suite import Suite, serve_suite
from .talker import Talk


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A fresh database of the service."""
    return await make_database(svc_channel.migrations.__path__[0])


@pytest.fixture
async def suite() -> AsyncIterator[Suite]:
    """The other services."""
    folder = Path(tempfile.mkdtemp(prefix="cts"))
    async with serve_suite(folder) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(database: Database, suite: Suite) -> Settings:
    """Settings of the service with every peer at the stand-ins; its link to an SMSC is never opened."""
    return Settings(
        database_url=database.url,
        listen="unix:unused",
        data_dir=Path(suite.folder),
        segment_address=suite.address,
        catalog_address=suite.address,
        reward_address=suite.address,
        campaign_address=suite.address,
        smsc_port=1,
        smsc_system_id="test",
        smsc_password="test-pw",
    )


@pytest.fixture
async def desk(settings: Settings, suite: Suite, database: Database, serving: Serving) -> AsyncIterator[Desk]:
    """The service without its workers."""
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=suite, database=database)
    await service.database.close()


@pytest.fixture
async def mailbox(settings: Settings, suite: Suite, database: Database, serving: Serving) -> AsyncIterator[Mailbox]:
    """The service, whose workers a test sets going step by step, and somebody who writes to it."""
    service = build(settings)
    segment = open_channel(suite.address)
    async with serving(service, with_workers=False) as channel:
        yield Mailbox(Desk(channel=channel, suite=suite, database=database), service, segment)
    await segment.close()
    await service.database.close()


@pytest.fixture
async def talk(desk: Desk) -> Talk:
    """A robot that stands."""
    made = Talk(desk)
    await made.put()
    return made
