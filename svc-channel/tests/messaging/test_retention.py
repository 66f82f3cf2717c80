"""What is kept of a message once it has ended, measured; where, and how long."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from carillon_chassis.clock import FixedClock
from svc_channel.app import keep_ended_messages as keeping
from svc_channel.app.keep_ended_messages import REST, KeptPage, keep_ended_messages
from svc_channel.domain.flush import Flush
from svc_channel.domain.message import NO_CAMPAIGN, PartState
from svc_channel.store.partitions import drop_aged, partition_of
from svc_channel.worker import retention as working
from svc_channel.worker.retention import Retention

from .house import House
from .test_flush import NOON, answered, book, claimed, receipt

MESSAGES = 5_000
MOST_OCTETS = 200
DAY = timedelta(days=1)
RESTED = NOON + REST + timedelta(seconds=1)


async def end_all(house: House, messages: list[int], state: PartState = PartState.DELIVERED) -> None:
    """Accepted under ids as SMSCs give them, and ended by receipts."""
    pairs = list(enumerate(messages, start=1))
    answers = [answered(message, place, f"{message:010d}") for place, message in pairs]
    await book(house.database, Flush(answered=answers))
    await book(house.database, Flush(receipts=[receipt(f"{message:010d}", place, state) for place, message in pairs]))


async def ended(house: House, *parts: int) -> list[int]:
    """Delivered messages of a campaign of their own."""
    messages = await claimed(house.database, parts or [1])
    await end_all(house, messages)
    return messages


async def keep(house: House) -> int:
    """Moves all that have rested, as of a moment after their rest; answers how many."""
    moved, after = 0, 0
    while True:
        async with house.database.unit_of_work() as unit:
            page = await keep_ended_messages(unit, after=after, now=RESTED)
        moved += page.moved
        if page.last is None:
            return moved
        after = page.last


async def ids(house: House, table: str) -> list[int]:
    """Which messages stand there."""
    query = f"SELECT id FROM {table} ORDER BY id"  # noqa: S608 -- the test's own names of tables
    return [row["id"] for row in await house.fetch(query)]


async def campaign_of(house: House, message: int) -> UUID:
    """Whose it is."""
    [row] = await house.fetch("SELECT campaign_id FROM message WHERE id = $1", message)
    campaign_id: UUID = row["campaign_id"]
    return campaign_id


async def partitions(house: House) -> list[str]:
    """The tables under the kept messages."""
    query = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'kept_message'::regclass"
    return sorted(row["name"] for row in await house.fetch(query))


async def drop(house: House, *, ended_before_days: float) -> UUID | None:
    """One campaign, so many days after noon."""
    async with house.database.unit_of_work() as unit:
        return await drop_aged(unit, ended_before=NOON + timedelta(days=ended_before_days))


async def test_ten_thousand_ended_messages_keep_at_most_two_hundred_octets_each(house: House) -> None:
    for state in (PartState.DELIVERED, PartState.UNDELIVERABLE):
        messages = await claimed(house.database, [1] * MESSAGES)
        async with house.database.unit_of_work() as unit:
            await unit.driver.execute(
                "UPDATE message SET text = repeat('x', 150), cell = '440-1', attempts = 2 WHERE id = ANY($1)", messages
            )
        await end_all(house, messages, state)
    [row] = await house.fetch(
        "SELECT max(pg_column_size(m.*)) AS largest, avg(pg_column_size(m.*) + pg_column_size(p.*)) AS both,"
        " count(*) FILTER (WHERE text = '' AND content IS NULL) AS emptied"
        " FROM message m JOIN message_part p ON p.message_id = m.id WHERE m.state = 'delivered'"
    )
    assert row["emptied"] == MESSAGES
    assert row["largest"] <= MOST_OCTETS
    # Both together, since most messages are one part.
    assert row["both"] <= MOST_OCTETS
    assert await keep(house) == 2 * MESSAGES
    [row] = await house.fetch("SELECT count(*) AS kept, max(pg_column_size(k.*)) AS largest FROM kept_message k")
    assert row["kept"] == 2 * MESSAGES
    assert row["largest"] <= MOST_OCTETS


async def test_eight_parts_under_long_ids_and_a_way_that_failed_keep_two_hundred_octets_too(house: House) -> None:
    long, fallen = await claimed(house.database, [8, 1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET text = repeat('x', 500), category = repeat('c', 40)")
        await unit.driver.execute(
            "INSERT INTO failed_step VALUES ($1, 0, 'wap_push', 'UNDELIVERABLE', $2)", fallen, NOON
        )
    names = [f"{part}{'f' * 80}" for part in range(8)]
    parts = [answered(long, 1, *names), answered(fallen, 2, "")]
    await book(house.database, Flush(answered=parts))
    await book(house.database, Flush(receipts=[receipt(one, 1, PartState.UNDELIVERABLE) for one in names]))
    assert await keep(house) == 2
    kept = await house.fetch("SELECT cardinality(smsc_ids) AS ids, pg_column_size(k.*) AS octets FROM kept_message k")
    assert sorted(row["ids"] or 0 for row in kept) == [0, 8]
    assert max(row["octets"] for row in kept) <= MOST_OCTETS
    assert await house.fetch("SELECT 1 FROM failed_step") == []


async def test_a_single_message_keeps_what_it_said(house: House) -> None:
    [single, bulk] = await claimed(house.database, [1, 1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute(
            "UPDATE message SET campaign_id = $2, content = 'x' WHERE id = $1", single, NO_CAMPAIGN
        )
    await end_all(house, [single, bulk], PartState.EXPIRED)
    rows = await house.fetch("SELECT id, text, content FROM message ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(single, "x", b"x"), (bulk, "", None)]
    assert await keep(house) == 2
    rows = await house.fetch("SELECT id, text, content FROM kept_message ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(single, "x", b"x"), (bulk, None, None)]


async def test_what_was_blocked_before_it_was_sent_is_kept_without_its_text(house: House) -> None:
    [message] = await claimed(house.database, [1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute(
            "UPDATE message SET state = 'failed', reason = 'OPTED_OUT', ended_at = $1, text = 'Dear Ms Li'", NOON
        )
    assert await keep(house) == 1
    [row] = await house.fetch("SELECT id, text, reason, smsc_ids FROM kept_message")
    assert tuple(row.values()) == (message, None, "OPTED_OUT", None)


async def test_a_delivered_message_forgets_what_it_would_have_fallen_back_to(house: House) -> None:
    [message] = await claimed(house.database, [1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("""UPDATE message SET fallback = '[{"channel": "sms"}]'""")
    await end_all(house, [message])
    assert await house.fetch("SELECT fallback FROM message") == [{"fallback": None}]


async def test_what_ended_is_moved_to_the_partition_of_its_campaign_once_it_has_rested(house: House) -> None:
    first, second = await ended(house, 1, 1), await ended(house, 1)
    [waiting] = await claimed(house.database, [1])
    campaigns = [await campaign_of(house, one) for one in (first[0], second[0])]
    async with house.database.unit_of_work() as unit:
        assert await keep_ended_messages(unit, after=0, now=NOON + REST) == KeptPage(moved=0, last=waiting)
        assert await keep_ended_messages(unit, after=0, now=RESTED) == KeptPage(moved=3, last=waiting)
        assert await keep_ended_messages(unit, after=waiting, now=RESTED) == KeptPage(moved=0, last=None)
    assert await ids(house, "message") == [waiting]
    assert await house.fetch("SELECT 1 FROM message_part") == []
    assert await partitions(house) == sorted(partition_of(one) for one in campaigns)
    assert [await ids(house, partition_of(one)) for one in campaigns] == [first, second]
    kept = await house.fetch("SELECT * FROM kept_campaign ORDER BY last_id")
    assert [tuple(row.values()) for row in kept] == [
        (campaigns[0], first[1], NOON),
        (campaigns[1], second[0], NOON),
    ]


async def test_a_page_of_many_small_campaigns_is_moved_in_several_steps(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "NEW_CAMPAIGNS_A_PAGE", 2)
    messages = [message for _ in range(5) for message in await ended(house)]
    pages = []
    for _ in range(3):
        async with house.database.unit_of_work() as unit:
            pages.append(await keep_ended_messages(unit, after=0, now=RESTED))
    # What is left of a page is asked for again, from where that page began.
    assert [(page.moved, page.last == 0) for page in pages] == [(2, True), (2, True), (1, False)]
    assert await ids(house, "kept_message") == messages


async def test_a_campaign_is_dropped_whole_when_its_last_message_is_old_and_none_of_it_moves(house: House) -> None:
    [old], [moving] = await ended(house), await ended(house)
    old_campaign, moving_campaign = await campaign_of(house, old), await campaign_of(house, moving)
    [late] = await claimed(house.database, [1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET campaign_id = $2 WHERE id = $1", late, moving_campaign)
        await unit.driver.execute(
            "INSERT INTO batch SELECT $1, 7, '', content_hash, 1, '', taken_at FROM batch LIMIT 1", moving_campaign
        )
    assert await keep(house) == 2
    assert await drop(house, ended_before_days=0) is None
    assert await drop(house, ended_before_days=1) == old_campaign
    assert await drop(house, ended_before_days=1) is None
    assert await partitions(house) == [partition_of(moving_campaign)]
    assert (await ids(house, "kept_message"), await ids(house, "message")) == ([moving], [late])
    await end_all(house, [late])
    assert await keep(house) == 1
    assert await drop(house, ended_before_days=1) == moving_campaign
    assert await house.fetch("SELECT 1 FROM kept_campaign") == []


async def test_a_campaign_that_was_dropped_and_sends_again_gets_its_partition_again(house: House) -> None:
    [first] = await ended(house)
    campaign = await campaign_of(house, first)
    assert await keep(house) == 1
    assert await drop(house, ended_before_days=1) == campaign
    [again] = await ended(house)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET campaign_id = $1", campaign)
    assert await keep(house) == 1
    assert await ids(house, partition_of(campaign)) == [again]


async def test_single_messages_are_never_dropped(house: House) -> None:
    await ended(house)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET campaign_id = $1", NO_CAMPAIGN)
    assert await keep(house) == 1
    assert await drop(house, ended_before_days=9_999) is None


async def test_who_reads_delays_a_drop_and_no_move(house: House) -> None:
    [first] = await ended(house)
    await keep(house)
    [second] = await ended(house)
    async with house.database.read() as reader:
        await reader.driver.fetch("SELECT 1 FROM kept_message")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await drop(house, ended_before_days=1)
        assert await keep(house) == 1
    assert await ids(house, "kept_message") == [first, second]
    assert await drop(house, ended_before_days=1) is not None
    assert len(await ids(house, "kept_message")) == 1


async def test_a_round_ends_and_begins_again_and_no_time_keeps_everything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "PAGE_SECONDS", 0)
    for _ in range(2):
        await ended(house)
    clock = FixedClock(NOON + 2 * DAY)
    idle = Retention(database=house.database, kept_for=timedelta(), clock=clock)
    assert [await idle.step() for _ in range(3)] == [True, False, False]
    assert len(await ids(house, "kept_message")) == 2
    retention = Retention(database=house.database, kept_for=DAY, clock=clock)
    assert await retention.step() is False
    assert (await ids(house, "kept_message"), await ids(house, "message"), await partitions(house)) == ([], [], [])


async def test_several_replicas_move_every_message_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE_ROWS", 7)
    messages = [message for _ in range(6) for message in await ended(house, *[1] * 10)]

    async def replica() -> None:
        for _ in range(2):
            await keep(house)

    await asyncio.gather(*(replica() for _ in range(3)))
    assert await ids(house, "kept_message") == messages
    assert await ids(house, "message") == []
    assert len(await partitions(house)) == 6
