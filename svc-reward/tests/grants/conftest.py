"""What the grants' tests share: the service by a clock of the test, without its workers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .grants_desk import GrantsDesk

# A Sunday evening in Shanghai.
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=START)


@pytest.fixture
async def desk(owned: Database, ledger: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[GrantsDesk]:
    """All calls about grants; the database is seen in the application's role."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        yield GrantsDesk(channel, ledger, clock)
    for close in service.closers:
        await close()
    await service.database.close()
