"""The service whole: what svc-catalog and svc-segment tell over real Watch streams completes referrals, once, through kills."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from google.protobuf.message import Message

import svc_reward.migrations
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.outbox import tell
from carillon_chassis.server import Service, start_server
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .circle import Circle
from .referral_values import NOON

WAIT_SECONDS = 20.0
KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
Tell = Callable[..., Awaitable[None]]


@pytest.fixture
async def peers(make_database: MakeDatabase) -> dict[str, Database]:
    """Any service's outbox is like any other's."""
    return {name: await make_database(svc_reward.migrations.__path__[0]) for name in ("catalog", "segment")}


@pytest.fixture
async def tells(peers: dict[str, Database]) -> Tell:
    async def tells(peer: str, *facts: Message) -> None:
        async with peers[peer].unit_of_work() as unit:
            for fact in facts:
                await tell(unit, fact, occurred_at=NOON)

    return tells


@pytest.fixture
async def followed(
    circle: Circle, owned: Database, ledger: Database, peers: dict[str, Database], clock: FixedClock, serving: Serving
) -> AsyncIterator[Circle]:
    """The same circle, on a service that follows both outboxes."""
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="cgf") as folder:
        servers, addresses = [], {}
        for name, database in peers.items():
            settings = ServiceSettings(database_url=database.url, listen="unix:unused")
            outbox = Service(settings=settings, name=name, database=database, servicers=[])
            addresses[name] = f"unix:{folder}/{name}.sock"
            servers.append(await start_server(outbox, listen=addresses[name]))
        service = build(
            Settings(
                database_url=owned.url,
                listen="unix:unused",
                campaign_address="unix:/nobody",
                catalog_address=addresses["catalog"],
                segment_address=addresses["segment"],
            ),
            clock=clock,
        )
        async with serving(service) as channel:
            yield Circle(channel, ledger, clock, circle.lucky, circle.snapshot)
        await service.database.close()
        for server in servers:
            await server.stop(0)


async def until_completed(circle: Circle, referrals: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while (await circle.states(1)).count("completed") < referrals:
            await asyncio.sleep(0.1)


async def test_two_streams_complete_a_referral_whichever_comes_first(followed: Circle, tells: Tell) -> None:
    programme = await followed.programme()
    for friend in (2, 3):
        await followed.recommend(programme, 1, friend)
    await tells("catalog", followed.activation(2), followed.activation(2))
    await tells("segment", followed.deeds(2, "downloaded", "logged_in"), followed.deeds(3, "logged_in", "downloaded"))
    await until_completed(followed, 1)
    await tells("catalog", followed.activation(3))
    await until_completed(followed, 2)
    assert (await followed.held())["subscriber/1"] == 100


async def test_what_was_told_before_the_code_was_accepted_counts(followed: Circle, tells: Tell) -> None:
    programme = await followed.programme()
    code = await followed.code(programme, 1)
    await tells("catalog", followed.activation(2))
    await tells("segment", followed.deeds(2, "downloaded", "logged_in"))
    async with asyncio.timeout(WAIT_SECONDS):
        while await known(followed) < 3:
            await asyncio.sleep(0.1)
    await followed.accept(code, 2)
    assert await followed.states(1) == ["completed"]


async def test_killed_backends_lose_no_completion_and_pay_none_twice(
    followed: Circle, tells: Tell, owned: Database
) -> None:
    programme = await followed.programme(max_friends=20)
    friends = range(100, 112)
    for friend in friends:
        await followed.recommend(programme, 1, friend)
    for friend in friends:
        await tells("catalog", followed.activation(friend))
        await tells("segment", followed.deeds(friend, "downloaded", "logged_in"))
        if friend % 4 == 0:
            async with owned.unit_of_work() as unit:
                await unit.driver.execute(KILL)
    await until_completed_past_kills(owned, len(friends))
    assert await followed.held() == {
        "campaign_budget/friends": 1000 - 70 * len(friends),
        "subscriber/1": 50 * len(friends),
        **{f"subscriber/{friend}": 20 for friend in friends},
    }


async def until_completed_past_kills(owned: Database, referrals: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            async with owned.read() as unit:
                found = await unit.driver.fetchval("SELECT count(*) FROM referral WHERE state = 'completed'")
            if found == referrals:
                return
            await asyncio.sleep(0.1)


async def known(circle: Circle) -> int:
    """How many firsts are kept."""
    async with circle.database.read() as unit:
        return int(
            await unit.driver.fetchval("SELECT (SELECT count(*) FROM service_use) + (SELECT count(*) FROM first_event)")
        )
