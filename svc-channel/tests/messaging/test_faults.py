"""Kills in the middle of sending: nothing is lost, and nothing goes twice but what the link left in doubt."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from carillon.channel.v1 import facts_pb2, message_pb2
from carillon_chassis.errors import Unavailable

from .house import Client, House, client_of, new_campaign, request, until
from .processes import ServiceProcess
from .segment import number_of

MESSAGES = 3_000


@pytest.fixture
async def service(house: House) -> AsyncIterator[ServiceProcess]:
    """The service in a process of its own, paced so that a kill hits the middle."""
    house.smsc.options = ("--response-delay-seconds", "0.02")
    await house.smsc.start()
    service = house.process(RATE_LIMIT_PER_SECOND="1500", DOUBT_GRACE_SECONDS="2")
    await service.start()
    yield service
    await service.stop()


async def launch(client: Client, campaign: str) -> None:
    """Takes the batch and returns when a part of it has been delivered."""
    await client.submit(request(campaign, [(one, f"Hello {one}") for one in range(1, MESSAGES + 1)]))

    async def is_under_way() -> bool:
        return (await client.progress(campaign)).delivered > MESSAGES // 10

    await until(is_under_way)


async def check_outcome(house: House, campaign: str, progress: message_pb2.GetProgressResponse) -> None:
    """Everyone got the message, was told once, and went twice only where it was in doubt."""
    assert (progress.delivered, progress.failed, progress.receipts) == (MESSAGES, 0, MESSAGES)
    assert await house.ended(campaign) == (list(range(1, MESSAGES + 1)), {})
    sent = house.smsc.accepted()
    assert len(sent) == MESSAGES
    twice = {number for number, count in sent.items() if count > 1}
    doubted = [one for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids]
    assert twice <= {number_of(one) for one in doubted}
    assert progress.in_doubt == len(set(doubted))
    assert await house.fetch("SELECT 1 FROM claim UNION ALL SELECT 1 FROM doubt") == []


async def test_a_killed_smsc_loses_nothing(house: House, service: ServiceProcess) -> None:
    campaign, client = new_campaign(), client_of(service)
    await launch(client, campaign)
    await house.smsc.kill()
    progress = await client.progress(campaign)
    assert progress.delivered < MESSAGES
    await house.smsc.start()
    await check_outcome(house, campaign, await client.until_ended(campaign, MESSAGES))


async def test_an_smsc_away_for_longer_than_the_grace_time_gets_nothing_twice_that_it_had(
    house: House, service: ServiceProcess
) -> None:
    campaign, client = new_campaign(), client_of(service)
    await launch(client, campaign)
    await house.smsc.kill()
    await asyncio.sleep(3)
    assert (await client.progress(campaign)).in_doubt == 0
    await house.smsc.start()
    await check_outcome(house, campaign, await client.until_ended(campaign, MESSAGES))


async def test_a_killed_service_loses_nothing(house: House, service: ServiceProcess) -> None:
    campaign, client = new_campaign(), client_of(service)
    await launch(client, campaign)
    await service.kill()
    [row] = await house.fetch("SELECT count(*) FROM message WHERE state = 'sending'")
    assert row["count"] > 0
    await service.start()
    await check_outcome(house, campaign, await client.until_ended(campaign, MESSAGES))


async def test_killed_database_backends_lose_nothing_and_put_nothing_in_doubt(
    house: House, service: ServiceProcess
) -> None:
    campaign, client = new_campaign(), client_of(service)
    await launch(client, campaign)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for _ in range(5):
        await house.fetch(others)
        await asyncio.sleep(0.1)

    async def has_ended() -> bool:
        try:
            progress = await client.progress(campaign)
        except Unavailable:
            return False
        return progress.delivered + progress.failed == MESSAGES

    await until(has_ended)
    progress = await client.progress(campaign)
    assert progress.in_doubt == 0
    await check_outcome(house, campaign, progress)


async def test_a_planned_stop_leaves_nothing_in_doubt(house: House, service: ServiceProcess) -> None:
    campaign, client = new_campaign(), client_of(service)
    await launch(client, campaign)
    await service.stop()
    [row] = await house.fetch("SELECT count(*) FROM message WHERE state IN ('sending', 'in_doubt')")
    assert row["count"] == 0
    await service.start()
    progress = await client.until_ended(campaign, MESSAGES)
    assert progress.in_doubt == 0
    await check_outcome(house, campaign, progress)


async def test_the_service_stays_up_without_an_smsc(house: House, service: ServiceProcess) -> None:
    await house.smsc.kill()
    campaign, client = new_campaign(), client_of(service)
    await client.submit(request(campaign, [(1, "Hello")]))
    await asyncio.sleep(1)
    assert (await client.progress(campaign)).queued == 1
    await house.smsc.start()
    assert (await client.until_ended(campaign, 1)).delivered == 1


async def test_a_killed_service_loses_nothing_that_subscribers_wrote(house: House, service: ServiceProcess) -> None:
    texts = [f"yes {one}" for one in range(MESSAGES)]
    sender = number_of(7).removeprefix("+")
    messages = [{"from": sender, "to": "10086", "text": text} for text in texts]

    async def kept() -> set[str]:
        return {row["text"] for row in await house.fetch("SELECT text FROM inbound")}

    async def is_under_way() -> bool:
        return len(await kept()) > MESSAGES // 10

    injecting = asyncio.create_task(house.smsc.ask(op="mo", messages=messages))
    await until(is_under_way)
    await service.kill()
    assert len(await kept()) < MESSAGES
    await injecting
    await service.start()

    async def is_complete() -> bool:
        return await kept() == set(texts)

    await until(is_complete)

    async def is_acknowledged() -> bool:
        return bool((await house.smsc.ask(op="stats"))["inbound_acknowledged"] == MESSAGES)

    await until(is_acknowledged)
