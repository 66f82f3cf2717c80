"""What the commissions' tests share: the service by a clock of the test, without its workers."""

from collections.abc import AsyncIterator

import pytest

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .desk import Desk
from .values import START


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=START)


@pytest.fixture
async def desk(owned: Database, ledger: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[Desk]:
    """All calls about commissions; the database is seen in the application's role."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel, ledger, clock)
    await service.database.close()
