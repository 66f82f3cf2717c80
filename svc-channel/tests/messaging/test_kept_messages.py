"""Whoever asks after a message hears the same before and after it was moved to what is kept of its campaign."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carillon_chassis.identity import acting_as
from svc_channel.app import list_contacts as listing
from svc_channel.app.get_message import get_message
from svc_channel.app.get_progress import get_progress
from svc_channel.app.list_contacts import list_contacts
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.doubt import LATEST_RECEIPT
from svc_channel.domain.flush import Flush
from svc_channel.domain.message import PartState
from svc_channel.domain.progress import Progress
from svc_channel.store.history import fetch_kept_contacts
from svc_channel.store.single_messages import insert_single
from svc_channel.store.singles import Single, book_singles

from .house import Client, House, new_campaign, request, until
from .segment import number_of
from .test_doubts import doubt, settle
from .test_flush import NOON, answered, book, claimed, orphans, receipt, states
from .test_retention import campaign_of, end_all, ended, ids, keep
from .test_singles import OPERATOR

KEPT = 20_000


async def progress(house: House, campaign_id: UUID) -> Progress:
    """As GetProgress counts it."""
    async with house.database.read() as unit:
        return await get_progress(unit, campaign_id)


async def test_progress_counts_what_moves_and_what_is_kept_alike(house: House) -> None:
    delivered, failed, waiting = await claimed(house.database, [1, 1, 1])
    campaign = await campaign_of(house, waiting)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET channel = 'ussd', resends = 1 WHERE id = $1", failed)
    await end_all(house, [delivered])
    await book(house.database, Flush(answered=[answered(failed, 2, "f1")]))
    await book(house.database, Flush(receipts=[receipt("f1", 2, PartState.EXPIRED)]))
    before = await progress(house, campaign)
    assert (before.sending, before.delivered, before.failed, before.in_doubt, before.receipts) == (1, 1, 1, 1, 2)
    assert set(before.channels) == {Channel.SMS, Channel.USSD}
    assert await keep(house) == 2
    assert await progress(house, campaign) == before


async def test_a_contact_is_shown_once_and_in_its_place_wherever_it_stands(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "CAMPAIGNS_A_LOOK", 2)
    for _ in range(5):
        await ended(house, 1, 1)
    before = [await list_contacts(house.database, 1, limit=limit) for limit in (1, 3, 50)]
    assert [len(one) for one in before] == [1, 3, 5]
    assert await keep(house) == 10
    assert [await list_contacts(house.database, 1, limit=limit) for limit in (1, 3, 50)] == before
    await ended(house, 1)
    newest, *older = await list_contacts(house.database, 1, limit=4)
    assert newest.campaign_id not in {one.campaign_id for one in older}
    assert older == before[1]
    assert await list_contacts(house.database, 3, limit=50) == []


async def test_no_partition_is_looked_into_that_holds_nothing_new_enough(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "CAMPAIGNS_A_LOOK", 1)
    looks: list[Any] = []

    async def counted(unit: Any, subscriber_id: int, campaign_ids: Any, *, limit: int) -> Any:
        looks.append(campaign_ids)
        return await fetch_kept_contacts(unit, subscriber_id, campaign_ids, limit=limit)

    monkeypatch.setattr(listing, "fetch_kept_contacts", counted)
    for _ in range(4):
        await ended(house)
    assert await keep(house) == 4
    assert len(await list_contacts(house.database, 1, limit=2)) == 2
    assert len(looks) == 2


async def test_a_look_at_one_campaign_touches_the_partitions_of_no_other(house: House) -> None:
    """A lock on each of hundreds of partitions, for everyone who asks, would use up all that PostgreSQL has."""
    messages = [message for _ in range(6) for message in await ended(house)]
    campaign = await campaign_of(house, messages[0])
    assert await keep(house) == 6
    locked = (
        "SELECT count(*) FROM pg_locks l JOIN pg_inherits i ON i.inhrelid = l.relation"
        " WHERE l.pid = pg_backend_pid() AND i.inhparent = 'kept_message'::regclass"
    )
    for _ in range(8):  # from the sixth on PostgreSQL would keep a plan
        async with house.database.read() as unit:
            await get_progress(unit, campaign)
            assert await unit.driver.fetchval(locked) == 1


async def test_a_single_message_is_shown_as_before(house: House) -> None:
    single = Single(
        subscriber_id=1,
        msisdn=number_of(1),
        sender="10086",
        text="Hello",
        parts=1,
        message_class=MessageClass.SERVICE,
        category="news",
        expires_at=NOON + timedelta(hours=2),
        failure="NO_NUMBER",
        fallback=None,
    )
    single_id = uuid4()
    async with house.database.unit_of_work() as unit:
        [message] = await book_singles(unit, [single], now=NOON)
        left_out = [("mms", "HANDSET_UNABLE"), ("wap_push", "HANDSET_UNABLE")]
        await insert_single(unit, single_id, message, caller="ops-1", branch="guangzhou", left_out=left_out, now=NOON)
        await unit.driver.execute("""UPDATE message SET text = 'Hello', fallback = '[{"channel": "sms"}]'""")
    with acting_as(OPERATOR):
        async with house.database.read() as unit:
            before = await get_message(unit, single_id, identity=OPERATOR)
        assert await keep(house) == 1
        async with house.database.read() as unit:
            after = await get_message(unit, single_id, identity=OPERATOR)
    assert after == before
    assert [one.at for one in after.message.failed_steps] == [NOON, NOON]
    assert (after.message.text, after.message.fallback, after.message.category) == ("Hello", ["sms"], "news")


async def test_what_comes_again_or_late_for_a_kept_message_changes_nothing(house: House) -> None:
    [message] = await claimed(house.database, [1])
    answer, end = Flush(answered=[answered(message, 1, "a1")]), Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)])
    await book(house.database, answer)
    assert len(await book(house.database, end)) == 1
    assert await keep(house) == 1
    kept = await house.fetch("SELECT * FROM kept_message")
    assert await book(house.database, answer) == []
    assert await book(house.database, end) == []
    assert await house.fetch("SELECT * FROM kept_message") == kept
    assert await house.fetch("SELECT 1 FROM message_part") == []


@pytest.mark.parametrize("spelling", ["39f99dd5", "972660181"])
async def test_a_late_receipt_of_a_kept_message_proves_no_doubt(house: House, spelling: str) -> None:
    [message] = await claimed(house.database, [1])
    await book(house.database, Flush(answered=[answered(message, 1, "39f99dd5")]))
    await book(house.database, Flush(receipts=[receipt("39f99dd5", 1, PartState.DELIVERED)]))
    assert await keep(house) == 1
    [in_doubt] = await claimed(house.database, [1])
    await doubt(house.database, in_doubt)
    await book(house.database, Flush(receipts=[receipt(spelling, 1, PartState.DELIVERED)]))
    assert (await settle(house.database, NOON + timedelta(seconds=2))).proved == 0
    assert await states(house) == ["in_doubt"]
    await book(house.database, Flush(receipts=[receipt("b2", 1, PartState.DELIVERED)]))
    assert (await settle(house.database, NOON + timedelta(seconds=2))).proved == 1
    assert await orphans(house) == [spelling]


async def test_no_receipt_is_held_against_a_campaign_that_ended_long_ago(house: House) -> None:
    """An SMSC may use an id again."""
    await ended(house)
    assert await keep(house) == 1
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE kept_campaign SET last_ended_at = $1", NOON - LATEST_RECEIPT)
    [in_doubt] = await claimed(house.database, [1])
    await doubt(house.database, in_doubt)
    [kept] = await ids(house, "kept_message")
    await book(house.database, Flush(receipts=[receipt(f"{kept:010d}", 1, PartState.DELIVERED)]))
    assert (await settle(house.database, NOON + timedelta(seconds=2))).proved == 1


async def test_a_batch_of_a_kept_campaign_is_still_known(house: House, quiet_client: Client) -> None:
    campaign = new_campaign()
    batch = request(campaign, [(1, ""), (2, "")])
    await quiet_client.submit(batch)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET ended_at = $1", NOON)
    assert await keep(house) == 2
    [again] = await quiet_client.submit(batch)
    assert again.accepted == 2
    assert await ids(house, "message") == []
    assert (await quiet_client.progress(campaign)).failed == 2


async def test_a_kill_in_the_middle_leaves_every_message_in_one_place(house: House) -> None:
    campaign = uuid4()
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO message (campaign_id, batch, subscriber_id, msisdn, text, parts, state, ended_at)"
            " SELECT $1, 1, n, '+86138' || n, '', 1, 'delivered', $2 FROM generate_series(1, $3::int) AS n",
            campaign,
            NOON,
            KEPT,
        )
        await unit.driver.execute(
            "INSERT INTO message_part (message_id, part, state, smsc_id, answered_at)"
            " SELECT id, 1, 'delivered', id::text, $1 FROM message",
            NOON,
        )

    async def kept() -> int:
        return len(await ids(house, "kept_message"))

    async def moves() -> bool:
        return await kept() > 0

    async def has_moved() -> bool:
        return await kept() == KEPT

    await house.smsc.start()
    service = house.process()
    await service.start()
    try:
        await until(moves)
        await service.kill()
        moving = await ids(house, "message")
        assert moving, "killed too late to be in the middle"
        # What was open on the server's side ends with its connection.
        await asyncio.sleep(0.5)
        moving, there = await ids(house, "message"), await ids(house, "kept_message")
        assert sorted([*moving, *there]) == list(range(1, KEPT + 1))
        [parts] = await house.fetch("SELECT array_agg(message_id ORDER BY message_id) AS ids FROM message_part")
        assert parts["ids"] == moving
        await service.start()
        await until(has_moved)
    finally:
        await service.stop()
    assert (await ids(house, "message"), await house.fetch("SELECT 1 FROM message_part")) == ([], [])
    assert (await progress(house, campaign)).delivered == KEPT
