"""What the tests of openings share: a real database, and a platform of its own process."""

import pytest

import svc_channel.migrations
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A fresh database of the service."""
    return await make_database(svc_channel.migrations.__path__[0])
