"""Activated and ended orders at a service platform: each told once, whatever is lost, and never on a guess."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.adapters.platform_desk import PlatformDesk
from svc_channel.domain.platform import RETRY_PAUSES, Verdict, retry_after
from svc_channel.settings import Settings
from svc_channel.worker.opener import LEASE, Opener
from svc_channel.worker.order_facts import OrderFacts

from ..messaging.http_servers import serving_thread  # noqa: TID252 -- tests have no name to import by
from .platform_process import PlatformProcess
from .signed_process import SECRET

FAULTS = ("--fault", "01=refuse", "--fault", "02=silent", "--fault", "03=busy", "--fault", "04=forge")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Numbers:
    """Everyone's number ends in the id, except of whom a test leaves out."""

    numberless: set[int] = field(default_factory=set)
    away: bool = False

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Numbers by id."""
        if self.away:
            raise Unavailable(reason="AWAY", detail="stood in for, and away")
        return {one: f"+86138{one:08d}" for one in subscriber_ids if one not in self.numberless}

    async def resolve(self, msisdns: Sequence[str]) -> Mapping[str, int]:
        """Ids by number."""
        return {one: int(one[-8:]) for one in msisdns}


@dataclass
class Telling:
    """The worker under test, at moments that a test says."""

    database: Database
    desk: PlatformDesk
    numbers: Numbers = field(default_factory=Numbers)
    now: datetime = NOON

    async def activated(self, order_id: uuid.UUID, *, subscriber: int = 7) -> None:
        """Svc-catalog tells of an active order."""
        fact = facts_pb2.OrderActivated(order_id=str(order_id), subscriber_id=subscriber, service="CRBT")
        async with self.database.unit_of_work() as unit:
            await OrderFacts(FixedClock(self.now), has_platform=True).open(unit, fact, self.now)

    async def ended(self, order_id: uuid.UUID) -> None:
        """Svc-catalog tells that its subscription is over."""
        fact = facts_pb2.SubscriptionEnded(order_id=str(order_id), subscriber_id=7, service="CRBT")
        async with self.database.unit_of_work() as unit:
            await OrderFacts(FixedClock(self.now), has_platform=True).close(unit, fact, self.now)

    async def step(self, after: timedelta = timedelta(0), *, desk: PlatformDesk | None = None) -> bool:
        """The worker works once, so much later."""
        self.now += after
        opener = Opener(
            database=self.database,
            platform=desk or self.desk,
            numbers=self.numbers,
            clock=FixedClock(self.now),
        )
        return await opener.step()

    async def state(self, order_id: uuid.UUID) -> tuple[str, str]:
        """How far an order is, and what stands in its way."""
        async with self.database.read() as unit:
            query = "SELECT state, reason FROM service_opening WHERE order_id = $1"
            [row] = await unit.driver.fetch(query, order_id)
        return row["state"], row["reason"]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformProcess]:
    running = PlatformProcess.start(tmp_path / "journal.jsonl", *FAULTS)
    yield running
    running.stop()


@pytest.fixture
async def telling(database: Database, platform: PlatformProcess) -> AsyncIterator[Telling]:
    desk = PlatformDesk(platform.url, SECRET.encode(), wall_clock=time.time, timeout_seconds=0.5)
    yield Telling(database, desk)
    await desk.end()


async def test_an_active_order_is_opened_and_an_ended_subscription_closed(
    telling: Telling, platform: PlatformProcess
) -> None:
    order = uuid.uuid4()
    for _ in range(2):
        await telling.activated(order)
    assert [await telling.step() for _ in range(2)] == [True, False]
    assert (await telling.state(order), platform.stands()) == (("open", ""), {str(order): "open"})
    for _ in range(2):
        await telling.ended(order)
    assert [await telling.step() for _ in range(2)] == [True, False]
    assert (await telling.state(order), platform.stands()) == (("closed", ""), {str(order): "closed"})


async def test_what_ends_before_it_was_opened_is_opened_and_closed_in_that_order(
    telling: Telling, platform: PlatformProcess
) -> None:
    order = uuid.uuid4()
    await telling.activated(order)
    await telling.ended(order)
    assert [await telling.step() for _ in range(3)] == [True, True, False]
    assert platform.stands() == {str(order): "closed"}


async def test_an_order_that_the_platform_was_never_told_of_is_not_closed_there(
    telling: Telling, platform: PlatformProcess
) -> None:
    await telling.ended(uuid.uuid4())
    assert await telling.step() is False
    assert platform.stands() == {}


@pytest.mark.parametrize(
    ("subscriber", "reason"),
    [(2, "PLATFORM_TIMED_OUT"), (4, "ANSWER_NOT_SIGNED"), (3, "PLATFORM_ANSWERED_503")],
)
async def test_an_answer_that_is_lost_forged_or_busy_is_asked_for_and_never_guessed(
    telling: Telling, platform: PlatformProcess, subscriber: int, reason: str
) -> None:
    order = uuid.uuid4()
    await telling.activated(order, subscriber=subscriber)
    await telling.step()
    assert await telling.state(order) == ("opening", reason)
    assert await telling.step(timedelta(seconds=1)) is False
    await telling.step(RETRY_PAUSES[0])
    assert await telling.state(order) == ("open", "")
    lines = platform.journal.read_text().splitlines()
    assert len(lines) == 1


async def test_a_refusal_is_for_good_and_closes_nothing(telling: Telling, platform: PlatformProcess) -> None:
    order = uuid.uuid4()
    await telling.activated(order, subscriber=1)
    await telling.step()
    await telling.ended(order)
    assert await telling.step(timedelta(days=1)) is False
    assert await telling.state(order) == ("refused", "NUMBER_BARRED")
    assert platform.stands() == {str(order): "refused"}


async def test_who_dies_with_an_order_in_hand_leaves_it_to_another_who_asks_first(
    telling: Telling, platform: PlatformProcess
) -> None:
    order = uuid.uuid4()
    await telling.activated(order, subscriber=2)
    slow = PlatformDesk(platform.url, SECRET.encode(), wall_clock=time.time, timeout_seconds=60)
    working = asyncio.create_task(telling.step(desk=slow))
    async with asyncio.timeout(20):
        while not platform.stands():
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await slow.end()
    assert await telling.step(timedelta(seconds=1)) is False
    assert await telling.step(LEASE) is True
    assert (await telling.state(order), platform.stands()) == (("open", ""), {str(order): "open"})


async def test_while_numbers_or_the_platform_are_away_orders_wait(telling: Telling, platform: PlatformProcess) -> None:
    order = uuid.uuid4()
    await telling.activated(order)
    telling.numbers.away = True
    with pytest.raises(Unavailable):
        await telling.step()
    telling.numbers.away = False
    nowhere = PlatformDesk("http://127.0.0.1:1", SECRET.encode(), wall_clock=time.time)
    await telling.step(LEASE, desk=nowhere)
    await nowhere.end()
    assert (await telling.state(order))[1].startswith("PLATFORM_AWAY")
    await telling.step(timedelta(minutes=10))
    assert platform.stands() == {str(order): "open"}


async def test_a_life_that_ended_is_opened_nothing(telling: Telling, platform: PlatformProcess) -> None:
    order = uuid.uuid4()
    telling.numbers.numberless = {7}
    await telling.activated(order)
    await telling.step()
    assert (await telling.state(order), platform.stands()) == (("refused", "NO_NUMBER"), {})


async def test_a_platform_that_signs_with_another_secret_is_not_believed(
    telling: Telling, platform: PlatformProcess
) -> None:
    order = uuid.uuid4()
    await telling.activated(order)
    stranger = PlatformDesk(platform.url, b"another secret", wall_clock=time.time)
    await telling.step(desk=stranger)
    await stranger.end()
    assert await telling.state(order) == ("opening", "PLATFORM_ANSWERED_401")


class EndlessHandler(BaseHTTPRequestHandler):
    """Answers without an end."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(65536))


async def test_an_answer_without_an_end_is_read_no_further_than_one_can_be() -> None:
    with serving_thread(ThreadingHTTPServer(("127.0.0.1", 0), EndlessHandler)) as server:
        desk = PlatformDesk(f"http://127.0.0.1:{server.server_address[1]}", SECRET.encode(), wall_clock=time.time)
        answer = await desk.query("o-1")
        await desk.end()
    assert (answer.verdict, answer.reason) == (Verdict.DOUBT, "ANSWER_NOT_SIGNED")


def test_the_pauses_between_tries_grow_to_the_last_one() -> None:
    assert [retry_after(tries) for tries in (1, 2, 6, 7, 1000)] == [*RETRY_PAUSES[:2], *[RETRY_PAUSES[-1]] * 3]


def test_a_platform_without_a_secret_is_refused_at_start(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "database_url": "postgresql://nobody@nowhere/none",
        "listen": "unix:unused",
        "data_dir": tmp_path,
        "segment_address": "unix:unused",
        "smsc_system_id": "carillon",
        "smsc_password": "pass-8ch",
        "platform_url": "http://127.0.0.1:8095",
    }
    with pytest.raises(ValidationError):
        Settings(**told)
    assert SECRET not in repr(Settings(**told, platform_secret=SECRET))
