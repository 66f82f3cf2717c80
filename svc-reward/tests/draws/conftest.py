"""What the draws' tests share: the service by a clock of the test, and draws at several stages."""

from collections.abc import AsyncIterator

import grpc
import pytest

from carillon.reward.v1 import draw_pb2_grpc
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .client import DrawClient
from .values import CLOSE, EVERYBODY, OPENING


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=OPENING)


@pytest.fixture
async def channel(owned: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward by the test's clock, without its workers."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        yield channel
    await service.database.close()


@pytest.fixture
def draws(channel: grpc.aio.Channel) -> DrawClient:
    return DrawClient(draw_pb2_grpc.DrawServiceStub(channel))


@pytest.fixture
async def opened(draws: DrawClient) -> str:
    """The id of an open draw."""
    draw = await draws.create()
    await draws.open(draw.id)
    return draw.id


@pytest.fixture
async def seeded(draws: DrawClient, opened: str, clock: FixedClock) -> str:
    """The id of a draw of forty people, frozen and seeded."""
    await draws.enter(opened, EVERYBODY)
    clock.at = CLOSE
    await draws.freeze(opened)
    await draws.contribute(opened)
    return opened
