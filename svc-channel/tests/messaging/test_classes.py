"""Classes, routes and channels of messages: who goes first, by which lines, and how progress tells them apart."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import message_pb2
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import Serving
from svc_channel.app.claim_batch import claim_batch
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.channel import BULK, MessageClass
from svc_channel.domain.flush import Flush
from svc_channel.domain.outgoing import OutgoingBatch, Plan
from svc_channel.domain.submission import Answer, AnsweredMessage, PartAnswer
from svc_channel.main import build
from svc_channel.simulators.messages.journal import Accepted, read_journal
from svc_channel.store.batches import book_batch
from svc_channel.store.claims import ClaimedMessage, Wanted
from svc_channel.store.parts import recount_parts

from .house import Client, House, ipc, new_campaign, request
from .segment import number_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER = UUID(int=1)
ALL = tuple(MessageClass)
BULK_MESSAGES = 10_000


async def queue(
    database: Database, kind: MessageClass, *, route: str = "sms", rows: int = 2, now: datetime = NOON
) -> None:
    """A batch of one class on one route."""
    batch = OutgoingBatch(
        campaign_id=uuid4(),
        number=1,
        sender="10086",
        subscriber_ids=tuple(range(1, rows + 1)),
        texts=("Hello",) * rows,
        message_class=kind,
    )
    plans = [Plan(msisdn=number_of(one), parts=1, route=route) for one in batch.subscriber_ids]
    async with database.unit_of_work() as unit:
        assert await book_batch(unit, batch, plans, traceparent="", now=now)


async def claim(
    database: Database, limit: int, *, routes: tuple[str, ...] = ("sms",), classes: tuple[MessageClass, ...] = ALL
) -> list[ClaimedMessage]:
    wanted = Wanted(line="smsc", routes=routes, classes=classes, limit=limit)
    async with database.unit_of_work() as unit:
        claimed = await claim_batch(unit, wanted, claim_id=uuid4(), owner=OWNER, unsure=[], now=NOON)
        return list(claimed.messages)


async def test_replies_are_claimed_before_service_and_service_before_marketing(house: House) -> None:
    for kind, age in [(MessageClass.MARKETING, 3), (MessageClass.SERVICE, 2), (MessageClass.REPLY, 1)]:
        await queue(house.database, kind, now=NOON - timedelta(hours=age))
    taken = [one.message_class for _ in range(3) for one in await claim(house.database, 2)]
    assert taken == [MessageClass.REPLY] * 2 + [MessageClass.SERVICE] * 2 + [MessageClass.MARKETING] * 2
    assert await claim(house.database, 2) == []


async def test_one_claim_fills_up_with_the_next_class(house: House) -> None:
    await queue(house.database, MessageClass.MARKETING, rows=5)
    await queue(house.database, MessageClass.REPLY, rows=1)
    taken = [one.message_class for one in await claim(house.database, 3)]
    assert taken == [MessageClass.REPLY, MessageClass.MARKETING, MessageClass.MARKETING]


async def test_a_message_that_is_not_due_holds_nobody_back(house: House) -> None:
    await queue(house.database, MessageClass.REPLY, now=NOON + timedelta(seconds=1))
    await queue(house.database, MessageClass.MARKETING)
    assert [one.message_class for one in await claim(house.database, 9)] == [MessageClass.MARKETING] * 2


async def test_a_sender_takes_its_routes_and_classes_only(house: House) -> None:
    await queue(house.database, MessageClass.MARKETING, route="north")
    await queue(house.database, MessageClass.REPLY, route="north", rows=1)
    assert await claim(house.database, 9) == []
    assert len(await claim(house.database, 9, routes=("south", "north"), classes=BULK)) == 2
    assert len(await claim(house.database, 9, routes=("north",))) == 1
    assert [row["line"] for row in await house.fetch("SELECT line FROM claim")] == ["smsc", "smsc"]


async def test_a_reply_goes_out_next_while_ten_thousand_are_queued(house: House, serving: Serving) -> None:
    await house.smsc.start()
    bulk, answer = new_campaign(), new_campaign()
    rate = 400
    async with serving(build(house.settings(rate_limit_per_second=rate))) as channel:
        client = Client(channel)
        half = BULK_MESSAGES // 2
        for number, first in [(1, 1), (2, half + 1)]:
            rows = [(one, "Bulk") for one in range(first, first + half)]
            await client.submit(request(bulk, rows, batch=number))
        waiting = [(BULK_MESSAGES + 1, "You asked")]
        await client.submit(request(answer, waiting, message_class=message_pb2.MESSAGE_CLASS_REPLY))
        before = sum(house.smsc.accepted().values())
        assert (await client.until_ended(answer, 1)).delivered == 1
        assert (await client.progress(bulk)).queued > half
    assert house.smsc.process is not None
    sent = [one.destination for one in read_journal(house.smsc.process.journal) if isinstance(one, Accepted)]
    # The poll for replies, and one part of each claim under way: far from the 600 that were claimed already.
    assert sent.index(number_of(BULK_MESSAGES + 1).removeprefix("+")) - before < rate / 2


async def test_a_batch_keeps_its_channel_class_cell_and_end(house: House, quiet_client: Client) -> None:
    campaign, end = new_campaign(), Timestamp(seconds=1_800_000_000)
    content = b'{"kind": "sl", "href": "http://www.example.com/offer"}'
    rows = pa.table(
        {"subscriber_id": pa.array([1], pa.uint32()), "text": [""], "content": pa.array([content], pa.binary())}
    )
    push = request(
        campaign,
        arrow_ipc=ipc(rows),
        channel=message_pb2.CHANNEL_WAP_PUSH,
        message_class=message_pb2.MESSAGE_CLASS_SERVICE,
        expires_at=end,
        cell="A1",
    )
    await quiet_client.submit(push, request(campaign, [(2, "Hello")], batch=2))
    found = await house.fetch(
        "SELECT channel::text, class::text, route, cell, content, expires_at, parts FROM message ORDER BY id"
    )
    assert [tuple(row.values()) for row in found] == [
        ("wap_push", "service", "sms", "A1", content, end.ToDatetime(UTC), 1),
        ("sms", "marketing", "sms", "", None, None, 1),
    ]
    progress = await quiet_client.progress(campaign)
    assert progress.queued == 2
    assert {(one.channel, one.queued) for one in progress.channels} == {
        (message_pb2.CHANNEL_SMS, 1),
        (message_pb2.CHANNEL_WAP_PUSH, 1),
    }


@pytest.mark.parametrize(
    "other",
    [{"cell": "B"}, {"channel": message_pb2.CHANNEL_USSD}, {"message_class": message_pb2.MESSAGE_CLASS_REPLY}],
)
async def test_another_kind_of_message_is_another_content(quiet_client: Client, other: dict[str, Any]) -> None:
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, [(1, "Hello")]))
    with pytest.raises(Exception, match="BATCH_CONFLICT"):
        await quiet_client.submit(request(campaign, [(1, "Hello")], **other))


async def test_a_push_without_content_is_booked_as_failed(house: House, quiet_client: Client) -> None:
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, [(1, "")], channel=message_pb2.CHANNEL_WAP_PUSH))
    assert await house.ended(campaign) == ([], {1: "PUSH_CONTENT"})


async def test_a_line_that_cuts_a_text_otherwise_ends_it_with_all_its_parts(house: House) -> None:
    await queue(house.database, MessageClass.MARKETING, rows=1)
    [message] = await claim(house.database, 1)
    parts = tuple(PartAnswer(part=one, answer=Answer.REFUSED, reason="NO") for one in (1, 2))
    answered = AnsweredMessage(message_id=message.id, msisdn=message.msisdn, parts=parts)
    async with house.database.unit_of_work() as unit:
        await recount_parts(unit, {message.id: 2}, line="smsc")
    async with house.database.unit_of_work() as unit:
        [ended] = await record_flush(unit, Flush(answered=[answered]), now=NOON)
    async with house.database.unit_of_work() as unit:
        assert await record_flush(unit, Flush(answered=[answered]), now=NOON) == []
    assert ended.reason == "NO"
    assert await house.fetch("SELECT parts FROM message") == [{"parts": 2}]
