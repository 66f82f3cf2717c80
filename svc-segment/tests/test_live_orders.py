"""Memberships that follow orders within seconds: svc-segment follows a real stream of svc-catalog's facts over gRPC."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.message import Message

import svc_segment.migrations
from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import Database
from carillon_chassis.outbox import tell
from carillon_chassis.server import Service, start_server
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_segment.main import build
from svc_segment.settings import Settings

from .conftest import over
from .segment_desk import TYPES, SegmentDesk, people
from .segmentation import csv_file, number_of

# What an operator is promised; a busy machine may need it all.
LIVE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A svc-segment that follows an outbox in which the tests tell what svc-catalog would."""

    desk: SegmentDesk
    outbox: Database

    async def tell(self, *facts: Message) -> None:
        async with self.outbox.unit_of_work() as unit:
            for fact in facts:
                await tell(unit, fact, occurred_at=datetime.now(UTC))


@pytest.fixture
async def counter(make_database: MakeDatabase, serving: Serving, tmp_path: Path) -> AsyncIterator[Counter]:
    """Six hundred subscribers behind an outbox that is served as svc-catalog's is."""
    migrations = svc_segment.migrations.__path__[0]
    database, outbox = await make_database(migrations), await make_database(migrations)
    address = f"unix:{tmp_path / 'c.sock'}"
    settings = Settings(
        database_url=database.url,
        listen=f"unix:{tmp_path / 's.sock'}",
        data_dir=tmp_path / "data",
        catalog_address=address,
    )
    catalog = await start_server(
        Service(settings=settings, name="catalog", database=outbox, servicers=[], workers=[]), listen=address
    )
    service = build(settings)
    async with serving(service) as channel:
        segmentation = over(channel, database, settings.data_dir)
        rows = [[number_of(one), *values] for one, values in enumerate(people(), 1)]
        await segmentation.load(csv_file(["msisdn", *TYPES], *rows), TYPES)
        yield Counter(desk=SegmentDesk(segmentation), outbox=outbox)
    await catalog.stop(0)
    await service.database.close()


def activated(subscriber_id: int, service: str, amount_fen: int, *, order_id: str = "o") -> facts_pb2.OrderActivated:
    fact = facts_pb2.OrderActivated(
        order_id=f"{order_id}-{subscriber_id}", subscriber_id=subscriber_id, service=service, amount_fen=amount_fen
    )
    fact.activated_at.FromDatetime(datetime.now(UTC))
    return fact


def ended(subscriber_id: int, service: str) -> facts_pb2.SubscriptionEnded:
    fact = facts_pb2.SubscriptionEnded(subscriber_id=subscriber_id, service=service, order_id=f"o-{subscriber_id}")
    fact.ended_at.FromDatetime(datetime.now(UTC))
    return fact


async def become(desk: SegmentDesk, **wanted: list[int]) -> None:
    """Waits until segments, by name, have exactly these members."""
    segments = {segment.name: segment.id for segment in await desk.all()}
    async with asyncio.timeout(LIVE_SECONDS):
        while {name: await desk.ids(segments[name]) for name in wanted} != wanted:
            await asyncio.sleep(0.05)


async def test_an_order_moves_its_subscriber_between_segments_within_seconds(counter: Counter) -> None:
    """SEG-05, SEG-80: what is taken up and given up is seen by windows over events, amounts too."""
    desk = counter.desk
    await desk.rule("owners", "count_events('order_activated', 30, 'service' = 'CRBT') >= 1")
    await desk.rule("spenders", "sum_events('order_activated', 'amount_fen', 30) >= 900")
    await desk.rule("leavers", "count_events('subscription_ended', 30, 'service' = 'CRBT') >= 1 and age < 50")
    await desk.rule("never", "no_events('order_activated', 30) and age = 7")
    await counter.tell(activated(7, "CRBT", 500), activated(8, "MMS", 900), activated(77, "CRBT", 0))
    await become(desk, owners=[7, 77], spenders=[8], leavers=[], never=[107, 207, 307, 407, 507])
    await counter.tell(activated(7, "CRBT", 400, order_id="again"), ended(7, "CRBT"), ended(77, "CRBT"))
    await become(desk, owners=[7, 77], spenders=[7, 8], leavers=[7])
    async with desk.segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM event") == 6
        assert await unit.driver.fetchval("SELECT count(*) FROM subscription") == 1
        assert await unit.driver.fetchval("SELECT count(*) FROM outbox WHERE type LIKE '%EventsRecorded'") == 0


async def test_an_order_of_somebody_unknown_does_not_hold_up_the_next(counter: Counter) -> None:
    await counter.desk.rule("owners", "count_events('order_activated', 30) >= 1")
    await counter.tell(activated(4_000, "CRBT", 500), activated(9, "CRBT", 500))
    await become(counter.desk, owners=[9])
