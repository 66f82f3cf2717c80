"""Chains of channels in real PostgreSQL: the next way is queued where the one before is found to have failed, once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
import pytest

from carillon.channel.v1 import facts_pb2, message_pb2, single_pb2
from carillon.segment.v1 import handset_pb2
from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import Conflict, InvalidInput
from carillon_chassis.testing.plugin import Serving
from svc_channel.app.add_rendition import add_rendition
from svc_channel.app.claim_batch import claim_batch
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.channel import Channel
from svc_channel.domain.fallback import Alternative, read_fallback, write_fallback
from svc_channel.domain.flush import Flush, Setback
from svc_channel.domain.message import PartState
from svc_channel.domain.mms.resources import Rendition
from svc_channel.domain.outgoing import OutgoingBatch, Plan
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import (
    PAUSE_SECONDS,
    TRANSIENT_TRIES_LIMIT,
    Answer,
    AnsweredMessage,
    PartAnswer,
    Verdict,
)
from svc_channel.main import build
from svc_channel.store.batches import book_batch
from svc_channel.store.claims import ClaimedMessage, Wanted

from .house import Client, House, ipc, new_campaign, request
from .pushes import push_rows
from .segment import number_of
from .test_singles import Desk

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SMS = Alternative(channel="sms", text="铃音", parts=1, route="sms")
PICTURE = b'{"resource": "tones"}'
PUSH = Alternative(channel="wap_push", text="", parts=2, route="sms", content=b'{"href": "http://a.cn"}')


async def keep_picture(database: Database) -> None:
    """What the messages of this file show."""
    shown = Rendition(resource="tones", slot=1, media_type="image/gif", octets=b"GIF89a")
    await add_rendition(database, shown, clock=SystemClock())


async def queue(database: Database, chain: Sequence[Alternative], *, expires_at: datetime | None = None) -> UUID:
    """One MMS to subscriber 1 with what may follow it; answers its campaign."""
    batch = OutgoingBatch(
        campaign_id=uuid4(),
        number=1,
        sender="10086",
        subscriber_ids=(1,),
        texts=("",),
        contents=(b"{}",),
        channel=Channel.MMS,
        expires_at=expires_at,
    )
    async with database.unit_of_work() as unit:
        plan = Plan(msisdn=number_of(1), parts=1, route="mms")
        assert await book_batch(unit, batch, [plan], traceparent="", now=NOON)
        await unit.driver.execute("UPDATE message SET fallback = $1::text::jsonb", write_fallback(chain))
    return batch.campaign_id


async def claim(database: Database, *, now: datetime = NOON) -> ClaimedMessage:
    """The one message that is due."""
    wanted = Wanted(line="x", routes=["mms", "sms"], limit=10)
    async with database.unit_of_work() as unit:
        claimed = await claim_batch(unit, wanted, claim_id=uuid4(), owner=uuid4(), unsure=[], now=now)
    [message] = claimed.messages
    return message


def refused(message: ClaimedMessage, reason: str = "REJECTED") -> Flush:
    """The peer took none of it."""
    parts = tuple(PartAnswer(part=part, answer=Answer.REFUSED, reason=reason) for part in range(1, message.parts + 1))
    answer = AnsweredMessage(message_id=message.id, msisdn=message.msisdn, parts=parts, step=message.step)
    return Flush(answered=[answer])


def accepted(message: ClaimedMessage, smsc_id: str) -> Flush:
    """The peer took its one part."""
    part = PartAnswer(part=1, answer=Answer.ACCEPTED, smsc_id=smsc_id)
    answer = AnsweredMessage(message_id=message.id, msisdn=message.msisdn, parts=(part,), step=message.step)
    return Flush(answered=[answer])


async def book(database: Database, flush: Flush, *, now: datetime = NOON) -> list[tuple[str, str]]:
    """Reasons and channels of what ended."""
    async with database.unit_of_work() as unit:
        return [(one.reason, one.fallen_to) for one in await record_flush(unit, flush, now=now)]


async def steps(house: House) -> list[tuple[str, str]]:
    """What failed on the way."""
    rows = await house.fetch("SELECT channel, reason FROM failed_step ORDER BY step")
    return [(row["channel"], row["reason"]) for row in rows]


async def test_a_chain_goes_down_to_the_channel_that_works_and_ends_once(house: House) -> None:
    campaign = await queue(house.database, [PUSH, SMS])
    mms = await claim(house.database)
    assert await book(house.database, refused(mms, "MM7_4006")) == []
    push = await claim(house.database)
    assert (push.channel, push.content, push.parts, push.answered) == (Channel.WAP_PUSH, PUSH.content, 2, frozenset())
    assert await book(house.database, refused(push)) == []
    sms = await claim(house.database)
    assert (sms.id, sms.channel, sms.text, sms.content) == (mms.id, Channel.SMS, "铃音", None)
    assert await book(house.database, accepted(sms, "a1")) == []
    delivered = PartReceipt(smsc_id="a1", msisdn=sms.msisdn, state=PartState.DELIVERED)
    assert await book(house.database, Flush(receipts=[delivered])) == [("", "sms")]
    assert await steps(house) == [("mms", "MM7_4006"), ("wap_push", "REJECTED")]
    [fact] = await house.facts(facts_pb2.MessagesEnded)
    assert (fact.campaign_id, list(fact.delivered)) == (str(campaign), [1])
    assert [(one.subscriber_id, one.channel) for one in fact.fallen] == [(1, "sms")]


async def test_the_last_failure_of_a_chain_is_told_once(house: House) -> None:
    campaign = await queue(house.database, [SMS])
    await book(house.database, refused(await claim(house.database)))
    sms = await claim(house.database)
    assert await book(house.database, accepted(sms, "a1")) == []
    expired = PartReceipt(smsc_id="a1", msisdn=sms.msisdn, state=PartState.UNDELIVERABLE)
    assert await book(house.database, Flush(receipts=[expired])) == [("UNDELIVERABLE", "sms")]
    assert await house.ended(str(campaign)) == ([], {1: "UNDELIVERABLE"})


async def test_a_step_begins_with_attempts_of_its_own(house: House) -> None:
    """A peer that kept failing on the way before leaves the next one all its tries."""
    await queue(house.database, [SMS])
    mms = await claim(house.database)
    for tries in range(2, TRANSIENT_TRIES_LIMIT + 1):
        setback = Setback(verdict=Verdict.TRANSIENT, claimed_at=NOON, message_ids=[mms.id])
        later = NOON + timedelta(seconds=PAUSE_SECONDS[Verdict.TRANSIENT])
        async with house.database.unit_of_work() as unit:
            await unit.driver.execute("DELETE FROM claim")
        await book(house.database, Flush(setbacks=[setback]))
        mms = await claim(house.database, now=later)
        assert mms.attempts == tries
    await book(house.database, refused(mms))
    sms = await claim(house.database)
    assert (sms.attempts, sms.step) == (1, 1)


async def test_a_flush_booked_again_after_a_lost_commit_moves_the_chain_no_further(house: House) -> None:
    await queue(house.database, [PUSH, SMS])
    mms = await claim(house.database)
    flush = refused(mms)
    for _ in range(2):
        assert await book(house.database, flush) == []
    push = await claim(house.database)
    assert await book(house.database, flush) == []
    assert (await steps(house), push.channel) == ([("mms", "REJECTED")], Channel.WAP_PUSH)
    assert await house.fetch("SELECT state::text, channel::text FROM message") == [
        {"state": "sending", "channel": "wap_push"}
    ]


@pytest.mark.parametrize(
    ("reason", "expires", "ends"),
    [
        ("REJECTED", None, False),
        ("REJECTED", timedelta(hours=1), False),
        ("REJECTED", timedelta(seconds=30), True),
        ("OPTED_OUT", None, True),
        ("TEXT_TOO_LONG", None, True),
    ],
)
async def test_what_another_channel_can_not_cure_ends_there(
    house: House, reason: str, expires: timedelta | None, *, ends: bool
) -> None:
    await queue(house.database, [SMS], expires_at=NOON + expires if expires is not None else None)
    mms = await claim(house.database)
    ended = await book(house.database, refused(mms, reason), now=NOON + timedelta(minutes=1))
    assert ended == ([(reason, "")] if ends else [])
    assert await steps(house) == ([] if ends else [("mms", reason)])


def multimedia(campaign: str, rows: Sequence[tuple[int, str | None]], **overrides: Any) -> Any:
    """A batch of MMS with the SMS that follow them."""
    table = pa.table(
        {
            "subscriber_id": pa.array([one for one, _ in rows], pa.uint32()),
            "text": pa.array(["" for _ in rows], pa.string()),
            "content": pa.array([PICTURE for _ in rows], pa.binary()),
            "fallback": pa.array([text for _, text in rows], pa.string()),
        }
    )
    return request(campaign, arrow_ipc=ipc(table), **{"channel": message_pb2.CHANNEL_MMS, **overrides})


async def test_a_batch_brings_the_sms_that_follow_and_what_it_is_about(house: House, quiet_client: Client) -> None:
    await keep_picture(house.database)
    campaign = new_campaign()
    rows = [(1, "铃音"), (2, None), (3, "字" * 537)]
    [taken] = await quiet_client.submit(multimedia(campaign, rows, category="music"))
    assert (taken.accepted, await house.ended(campaign)) == (3, ([], {3: "TEXT_TOO_LONG"}))
    kept = await house.fetch("SELECT category, fallback::text AS fallback FROM message ORDER BY subscriber_id")
    assert [read_fallback(row["fallback"]) for row in kept] == [[SMS], [], []]
    assert {row["category"] for row in kept} == {"music"}
    [again] = await quiet_client.submit(multimedia(campaign, rows, category="music"))
    assert again.replayed
    with pytest.raises(Conflict, match="BATCH_CONFLICT"):
        await quiet_client.submit(multimedia(campaign, rows, category="news"))
    with pytest.raises(InvalidInput, match="CHAIN_INVALID"):
        await quiet_client.submit(multimedia(new_campaign(), rows, channel=message_pb2.CHANNEL_SMS))


async def test_a_row_whose_handset_can_not_follow_begins_with_its_sms(house: House, quiet_client: Client) -> None:
    await keep_picture(house.database)
    house.segment.handsets = [handset_pb2.Handset(subscriber_ids=[2, 3], mms=False, wap_push=False)]
    campaign = new_campaign()
    await quiet_client.submit(multimedia(campaign, [(1, "铃音"), (2, "铃音"), (3, None)]))
    kept = await house.fetch("SELECT channel::text, text, step, content FROM message ORDER BY subscriber_id")
    # Nothing would follow for the third, so it is tried whatever the handset is.
    assert [(row["channel"], row["text"], row["step"]) for row in kept] == [
        ("mms", "", 0),
        ("sms", "铃音", 1),
        ("mms", "", 0),
    ]
    assert [row["content"] for row in kept] == [PICTURE, None, PICTURE]


async def test_the_end_of_a_row_that_began_with_its_sms_names_that_channel(house: House, quiet_client: Client) -> None:
    house.segment.handsets = [handset_pb2.Handset(subscriber_ids=[1], wap_push=False)]
    push = [(1, b'{"kind": "si", "href": "http://a.cn/1", "text": "a"}')]
    table = pa.ipc.open_stream(push_rows(push)).read_all().append_column("fallback", pa.array(["铃音"]))
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, arrow_ipc=ipc(table), channel=message_pb2.CHANNEL_WAP_PUSH))
    sms = await claim(house.database, now=datetime.now(UTC) + timedelta(hours=1))
    await book(house.database, accepted(sms, "a1"))
    delivered = PartReceipt(smsc_id="a1", msisdn=sms.msisdn, state=PartState.DELIVERED)
    assert await book(house.database, Flush(receipts=[delivered])) == [("", "sms")]


@pytest.mark.parametrize(
    ("known", "state", "channel", "left_out", "to_come"),
    [
        ({}, "queued", "mms", [], ["wap_push", "sms"]),
        ({"mms": True}, "queued", "mms", [], ["wap_push", "sms"]),
        ({"mms": False}, "queued", "wap_push", ["mms"], ["sms"]),
        ({"mms": False, "wap_push": False}, "queued", "sms", ["mms", "wap_push"], []),
    ],
)
async def test_a_chain_begins_where_the_handset_can_follow(
    house: House,
    serving: Serving,
    known: dict[str, Any],
    state: str,
    channel: str,
    left_out: list[str],
    to_come: list[str],
) -> None:
    await keep_picture(house.database)
    house.segment.handsets = [handset_pb2.Handset(subscriber_ids=[7], **known)]
    service = build(house.settings())
    async with serving(service, with_workers=False) as wire:
        desk = Desk(wire)
        push = single_pb2.SingleContent(data=b'{"kind": "si", "href": "http://a.cn/1", "text": "a"}')
        sent = await desk.send(
            channel="mms",
            content=single_pb2.SingleContent(data=PICTURE),
            fallback=[
                single_pb2.FallbackStep(channel="wap_push", content=push),
                single_pb2.FallbackStep(channel="sms", content=single_pb2.SingleContent(text="plain")),
            ],
        )
    assert (sent.state, sent.channel, list(sent.fallback)) == (state, channel, to_come)
    assert [(one.channel, one.reason) for one in sent.failed_steps] == [(one, "HANDSET_INCAPABLE") for one in left_out]
    await service.database.close()
