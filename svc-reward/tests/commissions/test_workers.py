"""The service whole: svc-catalog's facts over a real Watch stream, priced and locked by the service's own workers."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from google.protobuf.message import Message

import svc_reward.migrations
from carillon.catalog.v1.facts_pb2 import OrderActivated, SubscriptionEnded
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.outbox import tell
from carillon_chassis.server import Service, start_server
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .desk import Desk, stamp
from .values import START

WAIT_SECONDS = 20.0
Tell = Callable[..., Awaitable[None]]


@pytest.fixture
async def catalog(make_database: MakeDatabase) -> Database:
    """Any service's outbox is like any other's."""
    return await make_database(svc_reward.migrations.__path__[0])


@pytest.fixture
async def tells(catalog: Database) -> Tell:
    async def tells(*facts: Message) -> None:
        async with catalog.unit_of_work() as unit:
            for fact in facts:
                await tell(unit, fact, occurred_at=START)

    return tells


@pytest.fixture
async def desk(
    owned: Database, ledger: Database, catalog: Database, clock: FixedClock, serving: Serving
) -> AsyncIterator[Desk]:
    """svc-reward with all of its workers, following svc-catalog's outbox."""
    outbox = Service(
        settings=ServiceSettings(database_url=catalog.url, listen="unix:unused"),
        name="catalog",
        database=catalog,
        servicers=[],
    )
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="cgs") as folder:
        address = f"unix:{folder}/catalog.sock"
        server = await start_server(outbox, listen=address)
        settings = Settings(
            database_url=owned.url,
            listen="unix:unused",
            campaign_address="unix:/nobody",
            catalog_address=address,
            segment_address="unix:/nobody",
        )
        service = build(settings, clock=clock)
        async with serving(service) as reward:
            yield Desk(reward, ledger, clock)
        await service.database.close()
        await server.stop(0)


def activated(order_id: str, subscriber_id: int, affiliate_id: str = "poco") -> OrderActivated:
    return OrderActivated(
        order_id=order_id,
        subscriber_id=subscriber_id,
        service="CRBT",
        amount_fen=1000,
        affiliate_id=affiliate_id,
        activated_at=stamp(START),
    )


async def seen(desk: Desk, count: int) -> list[tuple[str, int]]:
    """The affiliate's events, when there are so many."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found := await desk.outcomes()) < count:
            await asyncio.sleep(0.05)
    return found


async def test_an_order_told_by_svc_catalog_earns_once_however_often_it_is_told(desk: Desk, tells: Tell) -> None:
    await desk.register()
    await desk.policy(holding_days=0)
    await tells(activated("o-1", 1), activated("o-2", 2, ""), activated("o-3", 3, "nobody"))
    await tells(activated("o-1", 1), activated("o-4", 4), SubscriptionEnded(subscriber_id=4, service="CRBT"))
    await desk.click(await desk.link())
    assert sorted(await seen(desk, 3)) == [("NO_POLICY", 0), ("PRICED", 100), ("PRICED", 100)]
    assert await desk.totals() == {"estimated": 200}
    await desk.lock()
    assert (await desk.statement()).ledger.earned_fen == 200


async def test_killed_backends_lose_no_order_and_price_none_twice(desk: Desk, tells: Tell, owned: Database) -> None:
    await desk.register()
    await desk.policy(holding_days=0)
    for number in range(1, 31):
        await tells(activated(f"o-{number}", number))
        if number % 5 == 0:
            async with owned.unit_of_work() as unit:
                await unit.driver.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
    async with asyncio.timeout(WAIT_SECONDS):
        while await owned_events(owned) < 30:
            await asyncio.sleep(0.1)
    assert await desk.outcomes() == [("PRICED", 100)] * 30
    assert await desk.totals() == {"estimated": 3000}


async def owned_events(owned: Database) -> int:
    """How many events are priced."""
    async with owned.read() as unit:
        return int(await unit.driver.fetchval("SELECT count(*) FROM commission_event WHERE outcome <> ''"))
