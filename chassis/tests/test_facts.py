"""Facts reach their follower in commit order, once, whatever is slow, dies or comes twice."""

import asyncio
from datetime import UTC, datetime

import pytest

from carillon.catalog.v1.facts_pb2 import OrderActivated
from carillon.common.v1 import facts_pb2
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.follower import Follower
from carillon_chassis.outbox import fetch_facts, tell
from carillon_chassis.server import Service
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import MakeDatabase, Serving

from .conftest import MIGRATIONS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def write_fact(database: Database, order: str) -> None:
    async with database.unit_of_work() as unit:
        await tell(unit, OrderActivated(order_id=order), occurred_at=NOW)


def orders(facts: list[facts_pb2.Fact]) -> list[str]:
    return [OrderActivated.FromString(fact.body.value).order_id for fact in facts]


async def test_a_slow_transactions_fact_is_not_stepped_over(database: Database) -> None:
    async with database.unit_of_work() as slow:
        await tell(slow, OrderActivated(order_id="slow"), occurred_at=NOW)
        await write_fact(database, "fast")
        async with database.read() as unit:
            assert orders(await fetch_facts(unit, after=facts_pb2.Position(), limit=10)) == []
    async with database.read() as unit:
        facts = await fetch_facts(unit, after=facts_pb2.Position(), limit=10)
        assert orders(facts) == ["slow", "fast"]
        assert orders(await fetch_facts(unit, after=facts[0].position, limit=10)) == ["fast"]


async def test_a_fact_of_a_rolled_back_change_is_never_told(database: Database) -> None:
    with pytest.raises(ValueError, match="no"):
        async with database.unit_of_work() as unit:
            await tell(unit, OrderActivated(order_id="never"), occurred_at=NOW)
            raise ValueError("no")
    async with database.read() as unit:
        assert await fetch_facts(unit, after=facts_pb2.Position(), limit=10) == []


async def test_followers_book_each_fact_once_though_handlers_fail_and_two_replicas_run(
    database: Database, make_database: MakeDatabase, serving: Serving
) -> None:
    other = await make_database(MIGRATIONS)
    failures = iter([True, True])

    async def book(unit: UnitOfWork, fact: OrderActivated, at: datetime) -> None:
        await unit.driver.execute("INSERT INTO note VALUES ($1, 'booked')", int(fact.order_id))
        if next(failures, False):
            raise RuntimeError("once more")

    service = Service(
        settings=ServiceSettings(database_url=database.url, listen=""), name="t", database=database, servicers=[]
    )
    async with serving(service) as channel:
        followers = [
            asyncio.ensure_future(Follower(other, channel, consumer="t.t", handlers={OrderActivated: book}).run())
            for _ in range(2)
        ]
        for number in range(20):
            await write_fact(database, str(number))
        async with asyncio.timeout(20):
            while True:
                async with other.read() as unit:
                    booked = await unit.driver.fetchval("SELECT count(*) FROM note")
                if booked == 20:
                    break
                await asyncio.sleep(0.05)
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
