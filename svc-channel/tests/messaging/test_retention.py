"""What is kept of a message once it has ended, measured, and how long."""

from datetime import timedelta

from carillon_chassis.clock import FixedClock
from svc_channel.app.drop_old_messages import drop_old_messages
from svc_channel.domain.flush import Flush
from svc_channel.domain.message import NO_CAMPAIGN, PartState
from svc_channel.worker.retention import Retention

from .house import House
from .test_flush import NOON, answered, book, claimed, receipt

MESSAGES = 5_000
MOST_OCTETS = 200
DAY = timedelta(days=1)


async def end_all(house: House, messages: list[int], state: PartState = PartState.DELIVERED) -> None:
    """Accepted under ids as SMSCs give them, and ended by receipts."""
    pairs = list(enumerate(messages, start=1))
    answers = [answered(message, place, f"{message:010d}") for place, message in pairs]
    await book(house.database, Flush(answered=answers))
    await book(house.database, Flush(receipts=[receipt(f"{message:010d}", place, state) for place, message in pairs]))


async def test_ten_thousand_ended_messages_keep_at_most_two_hundred_octets_each(house: House) -> None:
    for _ in range(2):
        messages = await claimed(house.database, [1] * MESSAGES)
        async with house.database.unit_of_work() as unit:
            await unit.driver.execute(
                "UPDATE message SET text = repeat('x', 150), cell = '440-1', attempts = 2 WHERE id = ANY($1)", messages
            )
        await end_all(house, messages)
    [row] = await house.fetch(
        "SELECT (SELECT avg(pg_column_size(m.*)) FROM message m) AS message,"
        " (SELECT max(pg_column_size(m.*)) FROM message m) AS largest,"
        " (SELECT avg(pg_column_size(p.*)) FROM message_part p) AS part,"
        " (SELECT count(*) FROM message WHERE state = 'delivered' AND text = '' AND content IS NULL) AS ended"
    )
    assert row["ended"] == 2 * MESSAGES
    assert row["largest"] <= MOST_OCTETS
    # Both together, since most messages are one part.
    assert row["message"] + row["part"] <= MOST_OCTETS


async def test_a_single_message_keeps_what_it_said(house: House) -> None:
    [single, bulk] = await claimed(house.database, [1, 1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute(
            "UPDATE message SET campaign_id = $2, content = 'x' WHERE id = $1", single, NO_CAMPAIGN
        )
    await end_all(house, [single, bulk], PartState.EXPIRED)
    rows = await house.fetch("SELECT id, text, content FROM message ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(single, "x", b"x"), (bulk, "", None)]


async def test_a_delivered_message_forgets_what_it_would_have_fallen_back_to(house: House) -> None:
    [message] = await claimed(house.database, [1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("""UPDATE message SET fallback = '[{"channel": "sms"}]'""")
    await end_all(house, [message])
    assert await house.fetch("SELECT fallback FROM message") == [{"fallback": None}]


async def test_messages_are_dropped_with_their_parts_when_the_policy_says_so(house: House) -> None:
    ended = await claimed(house.database, [1, 1])
    await end_all(house, ended)
    [waiting] = await claimed(house.database, [1])
    async with house.database.unit_of_work() as unit:
        page = await drop_old_messages(unit, after=0, kept_for=DAY, now=NOON + DAY)
        assert (list(page.old), page.last) == ([], waiting)
        page = await drop_old_messages(unit, after=0, kept_for=DAY, now=NOON + DAY + timedelta(seconds=1))
        assert (list(page.old), page.last) == (ended, waiting)
    assert await house.fetch("SELECT id FROM message") == [{"id": waiting}]
    assert await house.fetch("SELECT 1 FROM message_part") == []


async def test_a_round_ends_and_begins_again_and_no_time_keeps_everything(house: House) -> None:
    await end_all(house, await claimed(house.database, [1]))
    clock = FixedClock(NOON + 2 * DAY)
    idle = Retention(database=house.database, kept_for=timedelta(), clock=clock)
    assert await idle.step() is False
    assert len(await house.fetch("SELECT 1 FROM message")) == 1
    retention = Retention(database=house.database, kept_for=DAY, clock=clock)
    assert [await retention.step() for _ in range(3)] == [True, False, False]
    assert await house.fetch("SELECT 1 FROM message") == []
