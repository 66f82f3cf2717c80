"""The service whole: both peers' facts over real Watch streams, under killed backends and told twice."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from google.protobuf.message import Message

import svc_reward.migrations
from carillon.catalog.v1.facts_pb2 import OrderActivated, SubscriptionEnded
from carillon.reward.v1 import commission_pb2, commission_pb2_grpc
from carillon.segment.v1.facts_pb2 import EventsRecorded, RecordedEvent
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import acting_as
from carillon_chassis.outbox import tell
from carillon_chassis.server import Service, start_server
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .conftest import START
from .grants_desk import MAKER, GrantsDesk, offer, points, stamp

WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Loop:
    """svc-reward with all of its workers, and the outbox that it follows; any service's is like any other's."""

    desk: GrantsDesk
    peers: Database
    owned: Database

    async def tell(self, *facts: Message) -> None:
        async with self.peers.unit_of_work() as unit:
            for fact in facts:
                await tell(unit, fact, occurred_at=START)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await holds():
                await asyncio.sleep(0.05)

    async def kill_backends(self) -> None:
        async with self.owned.unit_of_work() as unit:
            await unit.driver.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def given(self) -> int:
        """Grants that are given, seen by the owner of the tables, whose connection nobody kills."""
        async with self.owned.read() as unit:
            return int(await unit.driver.fetchval("SELECT count(*) FROM reward_grant WHERE state = 'given'"))


@pytest.fixture
async def loop(
    owned: Database, ledger: Database, make_database: MakeDatabase, clock: FixedClock, serving: Serving
) -> AsyncIterator[Loop]:
    peers = await make_database(svc_reward.migrations.__path__[0])
    outbox = Service(
        settings=ServiceSettings(database_url=peers.url, listen="unix:unused"),
        name="peers",
        database=peers,
        servicers=[],
    )
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="cgr") as folder:
        address = f"unix:{folder}/peers.sock"
        server = await start_server(outbox, listen=address)
        settings = Settings(
            database_url=owned.url,
            listen="unix:unused",
            campaign_address="unix:/nobody",
            catalog_address=address,
            segment_address=address,
        )
        service = build(settings, clock=clock)
        async with serving(service) as channel:
            yield Loop(GrantsDesk(channel, ledger, clock), peers, owned)
        for close in service.closers:
            await close()
        await service.database.close()
        await server.stop(0)


def activated(order_id: str, subscriber_id: int = 7) -> OrderActivated:
    return OrderActivated(
        order_id=order_id, subscriber_id=subscriber_id, service="CRBT", amount_fen=1000, activated_at=stamp(START)
    )


def used(subscriber_id: int = 7) -> EventsRecorded:
    return EventsRecorded(events=[RecordedEvent(subscriber_id=subscriber_id, type="used", at=stamp(START))])


async def test_orders_and_events_earn_as_they_are_told_and_once_however_often(loop: Loop) -> None:
    """RWD-22, RWD-23: ordering and using earn, each in its own stream."""
    await loop.desk.rule()
    await loop.desk.event_rule("used", offer=offer(points(3)))
    await loop.tell(activated("o-1"), used(), activated("o-1"), used(), used(8))
    await loop.until(lambda: _is(loop, 3))
    assert [await loop.desk.balance("7"), await loop.desk.balance("8")] == [13, 3]


async def test_a_refund_takes_back_what_the_order_earned_and_so_does_an_end(loop: Loop) -> None:
    await loop.desk.rule(claw_back_days=30)
    await loop.tell(activated("o-1"), activated("o-2", 8), activated("o-3", 9))
    await loop.until(lambda: _is(loop, 3))
    with acting_as(MAKER):
        request = commission_pb2.RefundOrderRequest(request_id="refund", order_id="o-1")
        await invoke(commission_pb2_grpc.CommissionServiceStub(loop.desk.channel).RefundOrder, request)
    await loop.tell(SubscriptionEnded(order_id="o-2", subscriber_id=8, service="CRBT", ended_at=stamp(START)))
    await loop.until(lambda: _is(loop, 1))
    assert [await loop.desk.balance(owner) for owner in "789"] == [0, 0, 10]


async def test_killed_backends_lose_no_grant_and_give_none_twice(loop: Loop) -> None:
    await loop.desk.rule()
    await loop.desk.event_rule("used", offer=offer(points(1)))
    for number in range(1, 31):
        await loop.tell(activated(f"o-{number}", number), used(number))
        if number % 6 == 0:
            await loop.kill_backends()
    await loop.until(lambda: _is(loop, 60))
    async with loop.owned.read() as unit:
        rows = await unit.driver.fetch(
            "SELECT balance.amount FROM balance JOIN account ON account.number = balance.account"
            " WHERE account.kind = 'subscriber'"
        )
    assert [row["amount"] for row in rows] == [11] * 30


async def _is(loop: Loop, given: int) -> bool:
    return await loop.given() == given
