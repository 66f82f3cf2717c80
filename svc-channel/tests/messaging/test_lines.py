"""Several lines side by side: numbers find theirs, a lost one leaves its traffic to the others, and it comes back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from carillon.channel.v1 import facts_pb2
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, client_of, new_campaign, request, until
from .processes import PASSWORD, SYSTEM_ID, ServiceProcess, Smsc
from .segment import number_of

VARIABLE = "CARILLON_TEST_SMSC_PASSWORD"
WINDOW = 50
RATE = 600
MESSAGES = 4_000
LONG_MESSAGES = 300
# How often a line is cut off until one comes back in time.
KNOCKS = 3


@pytest.fixture
async def pair(house: House) -> AsyncIterator[tuple[Smsc, Smsc]]:
    """Two SMSCs."""
    folder = house.folder / "b"
    folder.mkdir()
    other = Smsc(folder)
    house.smsc.options = other.options = ("--response-delay-seconds", "0.02")
    await house.smsc.start()
    await other.start()
    yield house.smsc, other
    await other.stop()


def line_file(house: House, pair: tuple[Smsc, Smsc], routes: tuple[list[str], list[str]], said: object = None) -> Path:
    """A file of two lines, one to each."""
    lines = [
        {
            "name": name,
            "protocol": "smpp",
            "host": "127.0.0.1",
            "port": smsc.port,
            "system_id": SYSTEM_ID,
            "password_variable": VARIABLE,
            "window": WINDOW,
            "rate_per_second": RATE,
            "routes": served,
        }
        for name, smsc, served in zip(("first", "second"), pair, routes, strict=True)
    ]
    path = house.folder / "lines.json"
    path.write_text(json.dumps({"lines": lines, **({"routes": said} if said else {})}))
    return path


@pytest.fixture
async def service(house: House, pair: tuple[Smsc, Smsc]) -> AsyncIterator[ServiceProcess]:
    """The service with both lines in one group, in a process of its own."""
    path = line_file(house, pair, (["sms"], ["sms"]))
    service = house.process(LINES=str(path), DOUBT_GRACE_SECONDS="2")
    service.environment |= {VARIABLE: PASSWORD}
    await service.start()
    yield service
    await service.stop()


async def test_numbers_take_the_lines_of_their_prefix(
    house: House, pair: tuple[Smsc, Smsc], serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    odd = number_of(1)
    routes = [{"name": "sms"}, {"name": "one", "prefixes": [odd[:-1] + "1"]}]
    path = line_file(house, pair, (["sms"], ["one"]), routes)
    async with serving(build(house.settings(lines=path, smsc_system_id="", smsc_password=""))) as channel:
        client, campaign = Client(channel), new_campaign()
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, 10)]))
        assert (await client.until_ended(campaign, 9)).delivered == 9
    first, second = pair
    assert set(second.accepted()) == {odd}
    assert set(first.accepted()) == {number_of(one) for one in range(2, 10)}


async def test_a_killed_smsc_leaves_its_traffic_to_the_other_within_three_seconds(
    house: House, pair: tuple[Smsc, Smsc], service: ServiceProcess
) -> None:
    first, second = pair
    client, campaign = client_of(service), new_campaign()
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, MESSAGES + 1)]))

    async def both_carry() -> bool:
        return min(sum(smsc.accepted().values()) for smsc in pair) > MESSAGES // 10

    await until(both_carry)
    await first.kill()
    await asyncio.sleep(3)
    before = sum(second.accepted().values())
    [row] = await house.fetch("SELECT count(*) FILTER (WHERE line = 'first') AS dead, count(*) AS all FROM doubt")
    assert row["dead"] == row["all"] <= WINDOW
    assert await house.fetch("SELECT 1 FROM claim WHERE line = 'first'") == []

    async def has_flown() -> bool:
        progress = await client.progress(campaign)
        # What the dead one had accepted waits for its receipts, and what it had not answered for itself.
        return progress.queued == 0 and progress.sending == row["all"]

    await until(has_flown)
    assert sum(second.accepted().values()) > before
    await first.start()
    progress = await client.until_ended(campaign, MESSAGES)
    assert (progress.delivered, progress.failed) == (MESSAGES, 0)
    assert progress.in_doubt <= WINDOW
    sent = first.accepted() + second.accepted()
    doubted = {number_of(one) for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids}
    assert len(sent) == MESSAGES
    assert {number for number, count in sent.items() if count > 1} <= doubted


async def test_a_lost_line_knocks_again_within_a_second(pair: tuple[Smsc, Smsc], service: ServiceProcess) -> None:
    first, _ = pair
    client, campaign = client_of(service), new_campaign()
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, MESSAGES + 1)]))

    async def carries() -> bool:
        return sum(first.accepted().values()) > MESSAGES // 20

    await until(carries)
    # A busy machine is late at any of them, and only ever late.
    knocks: list[float] = []
    while len(knocks) < KNOCKS and min(knocks, default=1.0) >= 1:
        await asyncio.sleep(2)  # a line that has only just come up is no sound one
        knocks.append(await seconds_to_knock(first))
        await first.start()
    assert min(knocks) < 1, knocks
    assert (await client.until_ended(campaign, MESSAGES)).delivered == MESSAGES


async def seconds_to_knock(smsc: Smsc) -> float:
    """Kills an SMSC, and says how long it takes until somebody calls where it was."""
    knocked: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def open_door(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not knocked.done():
            knocked.set_result(time.monotonic())
        writer.close()

    await smsc.kill()
    killed = time.monotonic()
    server = await asyncio.start_server(open_door, "127.0.0.1", smsc.port)
    async with asyncio.timeout(10):
        waited = await knocked - killed
    server.close()
    await server.wait_closed()
    return waited


async def test_a_long_text_goes_whole_over_one_of_two_lines_though_the_first_took_a_part_of_it(
    house: House, serving: Serving, pair: tuple[Smsc, Smsc], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    first, second = pair
    await first.stop()
    # An odd number of parts, so that each second some message has one of its two accepted and the other refused.
    first.process, first.options = None, ("--throttle-per-second", "3")
    await first.start()
    path = line_file(house, pair, (["sms"], ["sms"]))
    numbers = [number_of(one) for one in range(1, LONG_MESSAGES + 1)]
    async with serving(build(house.settings(lines=path, smsc_system_id="", smsc_password=""))) as channel:
        client, campaign = Client(channel), new_campaign()
        await client.submit(request(campaign, [(one, "彩铃" * 50) for one in range(1, LONG_MESSAGES + 1)]))
        assert (await client.until_ended(campaign, LONG_MESSAGES)).delivered == LONG_MESSAGES
    taken = [(first.accepted()[number], second.accepted()[number]) for number in numbers]
    assert {2} == {max(counts) for counts in taken}
    assert (1, 2) in taken, "no message changed its line half-way"
