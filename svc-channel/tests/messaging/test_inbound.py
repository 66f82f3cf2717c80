"""Messages that subscribers send us: durable before they are acknowledged, told once when the sender is known."""

from carillon.channel.v1 import facts_pb2
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, until
from .segment import number_of


async def acknowledged(house: House) -> int:
    """Inbound messages that the SMSC was told we have."""
    return int((await house.smsc.ask(op="stats"))["inbound_acknowledged"])


async def write(house: House, subscriber_id: int, text: str = "yes") -> None:
    """A subscriber writes to 10086."""
    sender = number_of(subscriber_id).removeprefix("+")
    assert (await house.smsc.ask(op="mo", **{"from": sender, "to": "10086", "text": text}))["ok"]


async def told(house: House) -> list[tuple[int, str, str]]:
    """Everyone told by InboundReceived."""
    facts = await house.facts(facts_pb2.InboundReceived)
    return [(one.subscriber_id, one.recipient, one.text) for fact in facts for one in fact.messages]


async def test_an_inbound_message_is_kept_acknowledged_and_told(house: House, client: Client) -> None:
    await write(house, 7, "要订购")

    async def is_told() -> bool:
        return await told(house) == [(7, "10086", "要订购")]

    await until(is_told)
    assert await acknowledged(house) == 1
    [row] = await house.fetch("SELECT sender, state::text, subscriber_id FROM inbound")
    assert row == {"sender": number_of(7), "state": "resolved", "subscriber_id": 7}


async def test_an_inbound_message_is_acknowledged_only_once_it_is_durable(house: House, client: Client) -> None:
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("LOCK TABLE inbound IN ACCESS EXCLUSIVE MODE")
        await write(house, 7)

        async def is_waiting() -> bool:
            async with house.database.read() as other:
                query = "SELECT count(*) FROM pg_locks WHERE relation = 'inbound'::regclass AND NOT granted"
                return bool(await other.driver.fetchval(query))

        await until(is_waiting)
        assert await acknowledged(house) == 0

    async def is_acknowledged() -> bool:
        return await acknowledged(house) == 1

    await until(is_acknowledged)
    assert len(await house.fetch("SELECT 1 FROM inbound")) == 1


async def test_a_message_of_an_unknown_number_is_kept_and_not_told(house: House, client: Client) -> None:
    house.segment.strangers = {number_of(8)}
    await write(house, 8)
    await write(house, 9)

    async def is_told() -> bool:
        return await told(house) == [(9, "10086", "yes")]

    async def is_unknown() -> bool:
        rows = await house.fetch(
            "SELECT subscriber_id FROM inbound WHERE state = 'unknown' AND sender = $1", number_of(8)
        )
        return rows == [{"subscriber_id": None}]

    await until(is_told)
    await until(is_unknown)


async def test_inbound_messages_wait_while_the_numbers_are_away(house: House, serving: Serving) -> None:
    await house.smsc.start()
    away = build(house.settings(segment_address=f"unix:{house.folder}/nobody.sock"))
    async with serving(away):
        await write(house, 7)

        async def is_acknowledged() -> bool:
            return await acknowledged(house) == 1

        await until(is_acknowledged)
        assert await told(house) == []
    async with serving(build(house.settings())):

        async def is_told() -> bool:
            return await told(house) == [(7, "10086", "yes")]

        await until(is_told)
