"""Facts reach their follower in commit order, once, whatever is slow, dies or comes twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from carillon.catalog.v1.facts_pb2 import OrderActivated, SubscriptionEnded
from carillon.common.v1 import facts_pb2, facts_pb2_grpc
from carillon_chassis import outbox
from carillon_chassis.client import invoke_stream, open_channel
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.follower import Follower
from carillon_chassis.outbox import FoundFacts, fetch_facts, tell
from carillon_chassis.server import Service
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import MakeDatabase, Serving

from .conftest import MIGRATIONS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORDERS = [OrderActivated.DESCRIPTOR.full_name]


async def write_fact(database: Database, order: str) -> None:
    async with database.unit_of_work() as unit:
        await tell(unit, OrderActivated(order_id=order), occurred_at=NOW)


async def write_noise(database: Database, count: int = 1) -> None:
    """Facts of another type."""
    for _ in range(count):
        async with database.unit_of_work() as unit:
            await tell(unit, SubscriptionEnded(order_id="noise"), occurred_at=NOW)


async def fetch(
    database: Database, after: facts_pb2.Position | None = None, *, limit: int = 10, types: Sequence[str] = ()
) -> FoundFacts:
    async with database.read() as unit:
        return await fetch_facts(unit, after=after or facts_pb2.Position(), limit=limit, types=types)


async def cursor_of(database: Database, consumer: str) -> tuple[int, int]:
    async with database.read() as unit:
        row = await unit.driver.fetchrow("SELECT transaction, sequence FROM inbox_cursor WHERE consumer = $1", consumer)
    return (row["transaction"], row["sequence"]) if row else (0, 0)


def orders(found: FoundFacts) -> list[str]:
    return [OrderActivated.FromString(fact.body.value).order_id for fact in found.facts]


async def test_a_slow_transactions_fact_is_not_stepped_over(database: Database) -> None:
    async with database.unit_of_work() as slow:
        await tell(slow, OrderActivated(order_id="slow"), occurred_at=NOW)
        await write_fact(database, "fast")
        for types in ([], ORDERS):
            found = await fetch(database, types=types)
            assert (orders(found), found.position) == ([], facts_pb2.Position())
    found = await fetch(database)
    assert orders(found) == ["slow", "fast"]
    assert orders(await fetch(database, found.facts[0].position)) == ["fast"]


async def test_a_fact_of_a_rolled_back_change_is_never_told(database: Database) -> None:
    with pytest.raises(ValueError, match="no"):
        async with database.unit_of_work() as unit:
            await tell(unit, OrderActivated(order_id="never"), occurred_at=NOW)
            raise ValueError("no")
    assert (await fetch(database)).facts == []


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
            await write_noise(database)
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


async def test_facts_of_other_types_are_stepped_over_and_none_of_the_wanted_is(database: Database) -> None:
    await write_noise(database, 3)
    await write_fact(database, "one")
    await write_noise(database, 2)
    await write_fact(database, "two")
    await write_noise(database, 2)
    first = await fetch(database, limit=1, types=ORDERS)
    assert (orders(first), first.position, first.more) == (["one"], first.facts[0].position, True)
    rest = await fetch(database, first.position, types=ORDERS)
    assert (orders(rest), rest.more) == (["two"], False)
    everything = await fetch(database)
    assert len(everything.facts) == 9
    # Behind the last of all, whose type nobody wanted: there is nothing to look at again.
    assert rest.position == everything.facts[-1].position
    again = await fetch(database, rest.position, types=ORDERS)
    assert (again.facts, again.position, again.more) == ([], rest.position, False)


async def test_what_is_looked_at_in_one_go_is_bounded_and_goes_on_from_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SCAN_ROWS", 4)
    await write_noise(database, 6)
    await write_fact(database, "far")
    first = await fetch(database, limit=2, types=ORDERS)
    assert (first.facts, first.more) == ([], True)
    second = await fetch(database, first.position, limit=2, types=ORDERS)
    assert orders(second) == ["far"]


async def watched(service: Service, serving: Serving, request: facts_pb2.WatchRequest) -> AsyncIterator[Any]:
    async with serving(service) as channel, asyncio.timeout(20):
        stub = facts_pb2_grpc.FactServiceStub(channel)
        async for response in invoke_stream(stub.Watch, request, timeout_seconds=None):
            yield response


def a_service(database: Database) -> Service:
    return Service(
        settings=ServiceSettings(database_url=database.url, listen=""), name="t", database=database, servicers=[]
    )


async def test_who_names_no_types_is_told_everything_as_before(database: Database, serving: Serving) -> None:
    await write_noise(database)
    await write_fact(database, "one")
    async for response in watched(a_service(database), serving, facts_pb2.WatchRequest()):
        assert [fact.body.TypeName().rpartition(".")[2] for fact in response.facts] == [
            "SubscriptionEnded",
            "OrderActivated",
        ]
        break


async def test_a_follower_is_told_how_far_there_was_nothing_for_it_and_looks_there_no_more(
    database: Database, make_database: MakeDatabase, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POSITION_SECONDS", 0.2)
    other = await make_database(MIGRATIONS)
    booked: list[str] = []

    async def book(unit: UnitOfWork, fact: OrderActivated, at: datetime) -> None:
        booked.append(fact.order_id)

    async with serving(a_service(database)) as channel:
        following = asyncio.ensure_future(
            Follower(other, channel, consumer="t.t", handlers={OrderActivated: book}).run()
        )
        for name in ("one", "two"):
            await write_noise(database, 3)
            await write_fact(database, name)
        await write_noise(database, 3)
        end = (await fetch(database, limit=100)).position
        async with asyncio.timeout(20):
            while await cursor_of(other, "t.t") != (end.transaction, end.sequence):
                await asyncio.sleep(0.05)
        assert booked == ["one", "two"]
        await write_fact(database, "three")
        async with asyncio.timeout(20):
            while booked != ["one", "two", "three"]:
                await asyncio.sleep(0.05)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_follower_of_an_older_peer_goes_by_the_facts_alone(
    make_database: MakeDatabase, database: Database
) -> None:
    booked: list[str] = []

    async def book(unit: UnitOfWork, fact: OrderActivated, at: datetime) -> None:
        booked.append(fact.order_id)

    class Older(facts_pb2_grpc.FactServiceServicer):
        async def Watch(self, request: facts_pb2.WatchRequest, context: Any) -> AsyncIterator[facts_pb2.WatchResponse]:
            facts = [fact for fact in (await fetch(database)).facts if fact.position.sequence > request.after.sequence]
            if facts:
                yield facts_pb2.WatchResponse(facts=facts)
            await asyncio.sleep(60)

    other = await make_database(MIGRATIONS)
    await write_noise(database)
    await write_fact(database, "one")
    server = grpc.aio.server()
    facts_pb2_grpc.add_FactServiceServicer_to_server(Older(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = open_channel(f"127.0.0.1:{port}")
    following = asyncio.ensure_future(Follower(other, channel, consumer="t.t", handlers={OrderActivated: book}).run())
    async with asyncio.timeout(20):
        while not booked or await cursor_of(other, "t.t") == (0, 0):
            await asyncio.sleep(0.05)
    end = (await fetch(database)).position
    assert (booked, await cursor_of(other, "t.t")) == (["one"], (end.transaction, end.sequence))
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await channel.close()
    await server.stop(0)
