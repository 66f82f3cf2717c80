"""Messages over a CMPP line from a batch to matched reports (CHN-06), over gRPC, PostgreSQL and a real ISMG process."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from carillon.channel.v1 import facts_pb2
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.cmpp.authenticator import authenticate_source
from svc_channel.domain.cmpp.texts import read_text
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.main import build

from .house import Client, House, client_of, new_campaign, request, until
from .ismg import SECRET, SECRET_VARIABLE, WINDOW, Ismg
from .processes import ServiceProcess
from .segment import number_of

MESSAGES = 2_000
StartClient = Callable[..., Awaitable[Client]]


@pytest.fixture
async def ismg(house: House) -> AsyncIterator[Ismg]:
    """The ISMG, to be started."""
    ismg = Ismg(house.folder / "ismg")
    yield ismg
    await ismg.stop()


@pytest.fixture
async def start_client(
    house: House, ismg: Ismg, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StartClient]:
    """Starts the ISMG with options, and the service in this process with the one line to it."""
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    async with AsyncExitStack() as stack:

        async def start(*options: str, **said: Any) -> Client:
            ismg.options = options
            await ismg.start()
            settings = house.settings(lines=ismg.line_file(**said), smsc_system_id="", smsc_password="")
            return Client(await stack.enter_async_context(serving(build(settings))))

        yield start


@pytest.fixture
async def service(house: House, ismg: Ismg) -> AsyncIterator[ServiceProcess]:
    """The service in a process of its own, paced so that a kill hits the middle."""
    ismg.options = ("--response-delay-seconds", "0.01")
    await ismg.start()
    path = ismg.line_file(rate_per_second=800, signature_room=6)
    nobody = {"SMSC_PORT": "2775", "SMSC_SYSTEM_ID": "", "SMSC_PASSWORD": ""}
    service = house.process(LINES=str(path), DOUBT_GRACE_SECONDS="2", **nobody)
    service.environment |= {SECRET_VARIABLE: SECRET}
    await service.start()
    yield service
    await service.stop()


@pytest.mark.parametrize("version", ["2.0", "3.0"])
async def test_every_message_of_a_batch_is_sent_and_its_report_ends_it(
    house: House, ismg: Ismg, start_client: StartClient, version: str
) -> None:
    client = await start_client("--outcome", "07=UNDELIVERABLE", "--outcome", "08=EXPIRED", version=version)
    campaign = new_campaign()
    await client.submit(request(campaign, [(one, f"Hello {one}") for one in range(1, 101)]))
    progress = await client.until_ended(campaign, 100)
    assert (progress.delivered, progress.failed, progress.receipts, progress.in_doubt) == (98, 2, 100, 0)
    delivered, failed = await house.ended(campaign)
    assert delivered == [one for one in range(1, 101) if one not in {7, 8}]
    assert failed == {7: "UNDELIVERABLE", 8: "EXPIRED"}
    assert ismg.accepted() == {number_of(one): 1 for one in range(1, 101)}

    async def nothing_owed() -> bool:
        return int((await ismg.ask(op="stats"))["owed"]) == 0

    await until(nothing_owed)
    assert (await ismg.ask(op="stats")).get("window_exceeded", 0) == 0
    left = "SELECT 1 FROM claim UNION ALL SELECT 1 FROM doubt UNION ALL SELECT 1 FROM orphan_receipt"
    assert await house.fetch(left) == []


async def test_a_long_text_goes_in_the_parts_of_this_line_and_ends_once(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    client = await start_client(wide_format="gbk", signature_room=6)
    campaign = new_campaign()
    # 134 characters: two parts of GSM 03.38's count at the intake, three with room for a signature.
    texts = {1: "彩铃" * 67, 2: "短", 3: "a [b] {c} @ $"}
    await client.submit(request(campaign, list(texts.items())))
    progress = await client.until_ended(campaign, 3)
    assert (progress.delivered, progress.receipts) == (3, 3)
    assert ismg.accepted() == {number_of(1): 3, number_of(2): 1, number_of(3): 1}
    read: dict[str, str] = {}
    for one in ismg.records():
        part = read_text(one.short_message, message_format=one.data_coding, has_header=bool(one.esm_class & ESM_UDHI))
        read[f"+{one.destination}"] = read.get(f"+{one.destination}", "") + part.text
    assert read == {number_of(one): text for one, text in texts.items()}
    assert await house.ended(campaign) == ([1, 2, 3], {})
    assert [row["parts"] for row in await house.fetch("SELECT parts FROM message ORDER BY id")] == [3, 1, 1]


async def test_the_number_of_parts_is_durable_before_the_first_of_them_goes(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    client = await start_client("--response-delay-seconds", "60", signature_room=6)
    await client.submit(request(new_campaign(), [(1, "彩铃" * 67)]))

    async def is_on_the_wire() -> bool:
        return bool(ismg.records())

    await until(is_on_the_wire)
    # A kill now leaves three parts in doubt; receipts of two must not prove the message.
    assert await house.fetch("SELECT parts, state::text FROM message") == [{"parts": 3, "state": "sending"}]


async def test_flow_control_slows_the_line_down_and_loses_nothing(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    client = await start_client("--throttle-per-second", "100", rate_per_second=200)
    campaign = new_campaign()
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, 301)]))
    progress = await client.until_ended(campaign, 300)
    assert (progress.delivered, progress.in_doubt) == (300, 0)
    # Ours is twice as fast as theirs; nobody is sent more than a few times.
    assert 0 < (await ismg.ask(op="stats"))["flow_control"] <= 5 * 300
    assert ismg.accepted() == {number_of(one): 1 for one in range(1, 301)}
    assert await house.fetch("SELECT DISTINCT attempts FROM message") == [{"attempts": 1}]


async def test_a_result_that_sending_again_can_not_cure_ends_the_message(
    house: House, start_client: StartClient
) -> None:
    client = await start_client("--result", "05=9")
    campaign = new_campaign()
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, 11)]))
    progress = await client.until_ended(campaign, 10)
    assert (progress.delivered, progress.failed, progress.receipts) == (9, 1, 9)
    assert (await house.ended(campaign))[1] == {5: "NOT_SERVED_HERE"}


async def test_a_link_that_breaks_mid_load_leaves_at_most_the_window_in_doubt(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    client = await start_client("--close-after", "150", "--response-delay-seconds", "0.005")
    campaign = new_campaign()
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, 201)]))
    progress = await client.until_ended(campaign, 200)
    assert (progress.delivered, progress.failed) == (200, 0)
    doubted = {one for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids}
    assert progress.in_doubt == len(doubted) <= WINDOW
    sent = ismg.accepted()
    assert len(sent) == 200
    assert {number for number, count in sent.items() if count > 1} <= {number_of(one) for one in doubted}
    assert (await ismg.ask(op="stats"))["connects"] > 1


async def test_a_killed_ismg_loses_nothing_and_leaves_at_most_the_window_in_doubt(
    house: House, ismg: Ismg, service: ServiceProcess
) -> None:
    client, campaign = client_of(service), new_campaign()
    await client.submit(request(campaign, [(one, f"Hello {one}") for one in range(1, MESSAGES + 1)]))

    async def is_under_way() -> bool:
        return (await client.progress(campaign)).delivered > MESSAGES // 10

    await until(is_under_way)
    await ismg.kill()
    assert (await client.progress(campaign)).delivered < MESSAGES
    await ismg.start()
    progress = await client.until_ended(campaign, MESSAGES)
    assert (progress.delivered, progress.failed, progress.receipts) == (MESSAGES, 0, MESSAGES)
    assert await house.ended(campaign) == (list(range(1, MESSAGES + 1)), {})
    doubted = {one for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids}
    assert progress.in_doubt == len(doubted) <= WINDOW
    sent = ismg.accepted()
    assert len(sent) == MESSAGES
    assert {number for number, count in sent.items() if count > 1} <= {number_of(one) for one in doubted}
    assert await house.fetch("SELECT 1 FROM claim UNION ALL SELECT 1 FROM doubt") == []


async def test_a_killed_service_loses_no_part_of_a_long_message(
    house: House, ismg: Ismg, service: ServiceProcess
) -> None:
    client, campaign = client_of(service), new_campaign()
    await client.submit(request(campaign, [(one, "彩铃" * 67) for one in range(1, 501)]))

    async def is_under_way() -> bool:
        return (await client.progress(campaign)).delivered > 50

    await until(is_under_way)
    await service.kill()
    [row] = await house.fetch("SELECT count(*) FROM message WHERE state = 'sending'")
    assert row["count"] > 0
    await service.start()
    progress = await client.until_ended(campaign, 500)
    assert (progress.delivered, progress.failed) == (500, 0)
    assert await house.ended(campaign) == (list(range(1, 501)), {})
    sent = ismg.accepted()
    doubted = {number_of(one) for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids}
    assert {number_of(one) for one in range(1, 501)} == {number for number, parts in sent.items() if parts >= 3}
    assert {number for number, parts in sent.items() if parts > 3} <= doubted


async def test_what_a_subscriber_writes_is_kept_before_it_is_acknowledged_and_told(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    await start_client()
    # Networks write their own subscribers without the country code.
    sender = number_of(7).removeprefix("+86")
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("LOCK TABLE inbound IN ACCESS EXCLUSIVE MODE")
        assert (await ismg.ask(op="mo", **{"from": sender, "to": "10086", "text": "要订购"}))["ok"]

        async def is_waiting() -> bool:
            async with house.database.read() as other:
                query = "SELECT count(*) FROM pg_locks WHERE relation = 'inbound'::regclass AND NOT granted"
                return bool(await other.driver.fetchval(query))

        await until(is_waiting)
        assert (await ismg.ask(op="stats"))["inbound_acknowledged"] == 0

    async def is_told() -> bool:
        facts = await house.facts(facts_pb2.InboundReceived)
        return [(one.subscriber_id, one.recipient, one.text) for fact in facts for one in fact.messages] == [
            (7, "10086", "要订购")
        ]

    await until(is_told)
    assert (await ismg.ask(op="stats"))["inbound_acknowledged"] == 1


async def test_a_long_message_of_a_subscriber_is_told_as_one(
    house: House, ismg: Ismg, start_client: StartClient
) -> None:
    await start_client(version="2.0")
    text = "我要开通彩铃" * 30
    await ismg.ask(op="mo", **{"from": number_of(7).removeprefix("+"), "to": "10086", "text": text})

    async def is_told() -> bool:
        facts = await house.facts(facts_pb2.InboundReceived)
        return [(one.subscriber_id, one.text) for fact in facts for one in fact.messages] == [(7, text)]

    await until(is_told)
    assert (await ismg.ask(op="stats"))["inbound_acknowledged"] == 3


async def test_no_log_line_holds_the_secret_or_its_digest(
    house: House, ismg: Ismg, start_client: StartClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digests: list[str] = []

    def note(source: str, secret: str, timestamp: int) -> bytes:
        digest = authenticate_source(source, secret, timestamp)
        digests.append(digest.hex())
        return digest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("svc_channel.adapters.cmpp_link.authenticate_source", note)
        client, campaign = await start_client(), new_campaign()
        await client.submit(request(campaign, [(1, "Hello")]))
        await client.until_ended(campaign, 1)
        await ismg.kill()

        async def has_tried_again() -> bool:
            return "no line to mobile" in caplog.text

        await until(has_tried_again)
        await ismg.start()
        await client.submit(request(campaign, [(2, "Hello")], batch=2))
        await client.until_ended(campaign, 2)
    assert len(digests) >= 2
    assert "bound to mobile" in caplog.text
    assert "the line to mobile is lost" in caplog.text
    for hidden in (SECRET, *digests):
        assert hidden not in caplog.text
