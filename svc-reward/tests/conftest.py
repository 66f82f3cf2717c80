"""What the ledger's tests share: a database in the application's role, and short ways to say a transfer."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import asyncpg
import pytest

import svc_reward.migrations
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase
from svc_reward.main import LEDGER_ROLE

MIGRATIONS = svc_reward.migrations.__path__[0]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

Connect = Callable[[], "asyncpg.Connection[asyncpg.Record]"]


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
