"""Two answers to one screen, quicker than what the first has done: one order, and the buyer hears of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from carillon.channel.v1 import session_pb2
from carillon_chassis.errors import Conflict
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build
from svc_channel.settings import Settings

from .desk import Desk

# Long enough that a turn which overtook the order would be answered before it.
ORDER_SECONDS = 0.3


@pytest.fixture
async def quoted(desk: Desk) -> Desk:
    """A subscriber before the prices of ring-back tones, with a catalogue that takes its time."""
    for text in ("", "1", "1"):
        await (desk.turn(text) if text else desk.begin())
    desk.suite.slow = ORDER_SECONDS
    return desk


@pytest.fixture
async def other(quoted: Desk, settings: Settings, serving: Serving) -> AsyncIterator[Desk]:
    """Another replica."""
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=quoted.suite, database=quoted.database)
    await service.database.close()


async def ordering(desk: Desk) -> "asyncio.Task[session_pb2.TakeTurnResponse]":
    """A confirmation whose order is under way."""
    task = asyncio.create_task(desk.turn("1", request_id="first"))
    while not desk.suite.orders:
        await asyncio.sleep(0.01)
    return task


async def test_two_confirmations_under_two_keys_order_once(quoted: Desk) -> None:
    first = await ordering(quoted)
    again = await quoted.turn("1", request_id="second")
    assert (await first).text == "Ring-back tone is now active"
    assert again.text
    assert len(quoted.suite.orders) == 1


async def test_two_confirmations_under_two_keys_at_two_replicas_order_once(quoted: Desk, other: Desk) -> None:
    """Only one of them wins the session's next version, and the order is named after that."""
    first = await ordering(quoted)
    await other.turn("1", request_id="second")
    assert (await first).text
    assert len(quoted.suite.orders) == 1


@pytest.mark.parametrize("next_one", ["2", "0"])
async def test_who_types_on_while_an_order_is_under_way_hears_of_the_order(quoted: Desk, next_one: str) -> None:
    first = await ordering(quoted)
    after = await quoted.turn(next_one, request_id="second")
    done = await first
    assert (done.text, done.ends) == ("Ring-back tone is now active", True)
    assert after.text != done.text
    assert len(quoted.suite.confirmed) == 1


async def test_others_are_answered_while_one_waits_for_an_order(quoted: Desk) -> None:
    first = await ordering(quoted)
    assert (await quoted.begin(msisdn="+8613800000008", session="8")).text.startswith("Welcome")
    assert not first.done()
    assert (await first).ends


async def test_an_order_whose_key_named_another_one_is_told_as_refused(quoted: Desk) -> None:
    quoted.suite.refusal = Conflict(reason="IDEMPOTENCY_CONFLICT", detail="another order stands under this key")
    assert (await quoted.turn("1")).text.startswith("This could not be done")
    assert quoted.suite.orders == {}
