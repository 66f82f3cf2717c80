"""What the tests of the service share: one house a test, with a real database, gRPC server and SMSC process."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import svc_channel.migrations
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_channel.main import build

from .house import Client, House
from .processes import Smsc
from .segment import Segment, serve_segment

MIGRATIONS = svc_channel.migrations.__path__[0]


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A fresh database of the service."""
    return await make_database(MIGRATIONS)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """The database and the numbers; the SMSC is there to be started."""
    folder = Path(tempfile.mkdtemp(prefix="cch"))
    segment = Segment()
    house = House(database=database, folder=folder, segment=segment, smsc=Smsc(folder))
    async with serve_segment(segment, house.segment_address):
        yield house
    await house.smsc.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def client(house: House, serving: Serving) -> AsyncIterator[Client]:
    """The service in this process, with its workers, bound to a running SMSC."""
    await house.smsc.start()
    service = build(house.settings())
    async with serving(service) as channel:
        yield Client(channel)
    await service.database.close()


@pytest.fixture
async def quiet_client(house: House, serving: Serving) -> AsyncIterator[Client]:
    """The service in this process without its workers: what is taken stays queued."""
    service = build(house.settings())
    async with serving(service, with_workers=False) as channel:
        yield Client(channel)
    await service.database.close()
