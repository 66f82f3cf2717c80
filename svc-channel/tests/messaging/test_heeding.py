"""Words that people write, from the network to the ledger, the answer and the fact; and that nothing of it gets lost."""

from uuid import UUID

import pytest

from carillon.channel.v1 import facts_pb2
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, new_campaign, request, until
from .segment import number_of

ANSWER = "您已退订推广信息"


async def write(house: House, *texts: tuple[int, str], to: str = "10086") -> None:
    """Subscribers write, all at once."""
    messages = [{"from": number_of(one).removeprefix("+"), "to": to, "text": text} for one, text in texts]
    assert (await house.smsc.ask(op="mo", messages=messages))["ok"]


async def withdrawn(database: Database) -> list[int]:
    """Who has opted out of everything, by the current state."""
    async with database.read() as unit:
        rows = await unit.driver.fetch(
            "SELECT subscriber_id FROM consent WHERE scope = 'all' AND state = 'withdrawn' ORDER BY 1"
        )
    return [row[0] for row in rows]


async def answers(house: House) -> list[tuple[int, str, str]]:
    """Whom we answered, and how that message stands."""
    rows = await house.fetch(
        "SELECT subscriber_id, class::text, state::text FROM message WHERE campaign_id = $1", UUID(int=0)
    )
    return sorted((row["subscriber_id"], row["class"], row["state"]) for row in rows)


async def test_an_opt_out_is_booked_with_its_message_for_a_proof_and_answered_once(
    house: House, client: Client
) -> None:
    await write(house, (1, "退订"), (2, "ｔｄ"), (3, "Stop!"), (4, "T"), (5, "0000"), (6, "hello"))  # noqa: RUF001 -- full-width letters are the point

    async def is_answered() -> bool:
        return [one for one in await answers(house) if one[2] == "delivered"] == [
            (one, "reply", "delivered") for one in range(1, 6)
        ]

    await until(is_answered)
    assert await withdrawn(house.database) == [1, 2, 3, 4, 5]
    rows = await house.fetch(
        "SELECT e.evidence = i.id::text AS is_proved, e.text, i.text AS written, e.source, e.actor, i.keyword "
        "FROM consent_entry e JOIN inbound i ON i.subscriber_id = e.subscriber_id ORDER BY e.subscriber_id"
    )
    assert len(rows) == 5
    assert all(row["is_proved"] and row["text"] == row["written"] and row["keyword"] == "opt-out" for row in rows)
    assert {(row["source"], row["actor"]) for row in rows} == {("inbound", "")}
    texts = await house.fetch("SELECT DISTINCT text FROM message WHERE campaign_id = $1", UUID(int=0))
    assert [ANSWER in row["text"] for row in texts] == [True]
    assert await house.facts(facts_pb2.MessagesEnded) == []
    # Whoever follows takes none of these for an answer to a campaign.
    told = [one for fact in await house.facts(facts_pb2.InboundReceived) for one in fact.messages]
    assert {one.subscriber_id: one.opt_out for one in told} == {**dict.fromkeys(range(1, 6), True), 6: False}

    await write(house, (1, "TD"))

    async def is_heard() -> bool:
        return len(await house.fetch("SELECT 1 FROM consent_entry WHERE subscriber_id = 1")) == 2

    await until(is_heard)
    assert len(await answers(house)) == 5


async def test_after_an_opt_out_nothing_of_marketing_goes_and_an_opt_in_opens_the_way_again(
    house: House, client: Client
) -> None:
    await write(house, (1, "TD"))

    async def is_out() -> bool:
        return await withdrawn(house.database) == [1]

    await until(is_out)
    campaign = new_campaign()
    await client.submit(request(campaign, [(1, "new arrivals"), (2, "new arrivals")]))
    await client.until_ended(campaign, 2)
    assert await house.ended(campaign) == ([2], {1: "OPTED_OUT"})
    await write(house, (1, "start"))

    async def is_in() -> bool:
        return await withdrawn(house.database) == []

    await until(is_in)
    other = new_campaign()
    await client.submit(request(other, [(1, "new arrivals")]))
    await client.until_ended(other, 1)
    assert await house.ended(other) == ([1], {})


@pytest.mark.parametrize(
    ("to", "keyword"), [("12520", "uplink-12520"), ("125201380013", "uplink-12520"), ("10086", "")]
)
async def test_what_is_written_to_a_number_that_triggers_is_told_under_its_name(
    house: House, client: Client, to: str, keyword: str
) -> None:
    """SEG-54: who writes to 12520 is known by the fact, with the number, the text and the name of the trigger."""
    await write(house, (7, "any text"), to=to)

    async def is_told() -> bool:
        facts = await house.facts(facts_pb2.InboundReceived)
        return [
            (one.subscriber_id, one.recipient, one.text, one.keyword) for fact in facts for one in fact.messages
        ] == [(7, to, "any text", keyword)]

    await until(is_told)
    assert await answers(house) == []


async def test_an_opt_out_stops_what_a_slow_line_has_not_written_yet(house: House, serving: Serving) -> None:
    await house.smsc.start()
    service = build(house.settings(rate_limit_per_second=20))
    async with serving(service) as channel:
        client = Client(channel)
        campaign = new_campaign()
        await client.submit(request(campaign, [(one, "new arrivals") for one in range(1, 101)]))

        async def is_under_way_there() -> bool:
            return (await client.progress(campaign)).sending > 0

        await until(is_under_way_there)
        await write(house, (99, "TD"))

        async def is_out() -> bool:
            return await withdrawn(house.database) == [99]

        await until(is_out)

        async def is_blocked() -> bool:
            return (await house.ended(campaign))[1] == {99: "OPTED_OUT"}

        await until(is_blocked)

        async def is_answered() -> bool:
            return await answers(house) == [(99, "reply", "delivered")]

        await until(is_answered)
        assert house.smsc.accepted()[number_of(99)] == 1  # the answer to the opt-out, and nothing else
    await service.database.close()


async def test_nobody_who_was_acknowledged_is_lost_when_the_service_is_killed(house: House) -> None:
    """The small form of the bound: SIGKILL in the middle of 2,000 inbound messages, and each is there once or more."""
    await house.smsc.start()
    service = house.process()
    await service.start()
    await write(house, *[(one, "TD" if one % 2 else "hello") for one in range(1, 2001)])

    async def is_under_way() -> bool:
        return bool(await house.fetch("SELECT 1 FROM inbound LIMIT 1"))

    await until(is_under_way)
    await service.kill()
    acknowledged = (await house.smsc.ask(op="stats"))["inbound_acknowledged"]
    kept = await house.fetch("SELECT DISTINCT sender FROM inbound")
    assert len(kept) >= acknowledged
    await service.start()

    async def is_all_heard() -> bool:
        return len(await withdrawn(house.database)) == 1000

    await until(is_all_heard)
    senders = await house.fetch("SELECT DISTINCT sender FROM inbound")
    assert len(senders) == 2000
    facts = await house.facts(facts_pb2.InboundReceived)
    assert {one.subscriber_id for fact in facts for one in fact.messages} == set(range(1, 2001))
    due = await house.fetch("SELECT subscriber_id FROM message WHERE campaign_id = $1", UUID(int=0))
    assert len(due) == len({row["subscriber_id"] for row in due}) == 1000
    await service.stop()
