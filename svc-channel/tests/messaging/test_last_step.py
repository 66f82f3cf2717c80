"""What is judged again by the statement that hands a message over: consent, time and hours, in real PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from carillon_chassis.database import Database
from svc_channel.app.claim_batch import claim_batch
from svc_channel.domain.channel import Channel, MessageClass, route_of
from svc_channel.domain.consent import ConsentChange, ConsentSource, ConsentState, may_send, read_scope
from svc_channel.domain.outgoing import OutgoingBatch, Plan
from svc_channel.domain.quiet_hours import QuietHours, quiet_until
from svc_channel.store.barred import find_barred
from svc_channel.store.batches import book_batch
from svc_channel.store.claims import Claimed, Wanted
from svc_channel.store.consents import book_consents
from svc_channel.store.quiet_hours import put_quiet_hours

from .house import House
from .segment import number_of

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
OWNER = uuid4()
ROUTES = sorted({route_of(channel) for channel in Channel})


async def queue(database: Database, ids: Sequence[int], **fields: Any) -> UUID:
    """One plain message each, due at noon; answers their campaign."""
    batch = OutgoingBatch(
        campaign_id=uuid4(), number=1, sender="10086", subscriber_ids=tuple(ids), texts=("x",) * len(ids), **fields
    )
    plans = [Plan(msisdn=number_of(one), parts=1, route=route_of(batch.channel)) for one in ids]
    async with database.unit_of_work() as unit:
        assert await book_batch(unit, batch, plans, traceparent="", now=NOON)
    return batch.campaign_id


async def claim(database: Database, *, now: datetime = NOON, limit: int = 1000) -> Claimed:
    """Everything that is due at every route."""
    wanted = Wanted(line="smsc", routes=ROUTES, limit=limit)
    async with database.unit_of_work() as unit:
        return await claim_batch(unit, wanted, claim_id=uuid4(), owner=OWNER, unsure=[], now=now)


async def withdraw(database: Database, *subscriber_ids: int, scope: str = "all", granted: bool = False) -> None:
    """A word of these subscribers."""
    changes = [
        ConsentChange(
            subscriber_id=one,
            scope=read_scope(scope),
            state=ConsentState.GRANTED if granted else ConsentState.WITHDRAWN,
            at=NOON,
            source=ConsentSource.INBOUND,
            evidence="m1",
        )
        for one in subscriber_ids
    ]
    async with database.unit_of_work() as unit:
        await book_consents(unit, changes, now=NOON)


def taken(claimed: Claimed) -> list[str]:
    """Where the claimed messages go, and why the others do not."""
    return [one.msisdn for one in claimed.messages] + [one.reason for one in claimed.blocked]


async def test_a_message_queued_before_the_opt_out_ends_when_it_would_be_handed_over(house: House) -> None:
    campaign = await queue(house.database, [1, 2])
    await withdraw(house.database, 1)
    claimed = await claim(house.database)
    assert taken(claimed) == [number_of(2), "OPTED_OUT"]
    assert await house.ended(str(campaign)) == ([], {1: "OPTED_OUT"})
    rows = await house.fetch("SELECT subscriber_id, state::text, reason, ended_at FROM message ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(1, "failed", "OPTED_OUT", NOON), (2, "sending", "", None)]


async def test_who_opts_in_again_is_sent_what_waits(house: House) -> None:
    await withdraw(house.database, 1)
    await queue(house.database, [1])
    await withdraw(house.database, 1, granted=True)
    assert taken(await claim(house.database)) == [number_of(1)]


async def test_the_statement_judges_every_mix_of_scopes_as_the_domain_says(house: House) -> None:
    keys = ["all", "do_not_disturb", "channel:sms", "channel:mms", "category:music"]
    kinds = list(product(MessageClass, [Channel.SMS, Channel.MMS], ["", "music", "news"]))
    cases = [(key, *kind) for key in keys for kind in kinds]
    for number, (key, message_class, channel, category) in enumerate(cases, start=1):
        await queue(house.database, [number], message_class=message_class, channel=channel)
        await withdraw(house.database, number, scope=key)
        async with house.database.unit_of_work() as unit:
            await unit.driver.execute("UPDATE message SET category = $1 WHERE subscriber_id = $2", category, number)
    claimed = await claim(house.database)
    goes = {
        number: may_send(message_class=kind, channel=channel, category=category, withdrawn={key})
        for number, (key, kind, channel, category) in enumerate(cases, start=1)
    }
    assert {one.msisdn for one in claimed.messages} == {number_of(number) for number, go in goes.items() if go}
    assert {one.subscriber_id for one in claimed.blocked} == {number for number, go in goes.items() if not go}


async def test_a_message_past_its_time_ends_and_is_not_sent(house: House) -> None:
    for number, expires_at in enumerate([NOON, NOON + timedelta(microseconds=1), None], start=1):
        await queue(house.database, [number], expires_at=expires_at)
    assert taken(await claim(house.database)) == [number_of(2), number_of(3), "EXPIRED"]


async def test_marketing_waits_until_the_end_of_the_quiet_hours_and_the_others_go(house: House) -> None:
    night = QuietHours(message_class="marketing", starts=time(11), ends=time(14))
    async with house.database.unit_of_work() as unit:
        await put_quiet_hours(unit, night, by="test", now=NOON)
    for number, message_class in enumerate(MessageClass, start=1):
        await queue(house.database, [number], message_class=message_class)
    claimed = await claim(house.database)
    assert [one.message_class for one in claimed.messages] == [MessageClass.REPLY, MessageClass.SERVICE]
    until = quiet_until([night], channel="sms", message_class="marketing", moment=NOON)
    assert until == NOON + timedelta(hours=2)
    assert await house.fetch("SELECT state::text, due_at, attempts FROM message WHERE class = 'marketing'") == [
        {"state": "queued", "due_at": until, "attempts": 0}
    ]
    assert taken(await claim(house.database, now=until - timedelta(seconds=1))) == []
    assert taken(await claim(house.database, now=until)) == [number_of(3)]


async def test_who_opts_out_while_a_message_waits_for_the_morning_is_sent_nothing(house: House) -> None:
    async with house.database.unit_of_work() as unit:
        await put_quiet_hours(
            unit, QuietHours(message_class="marketing", starts=time(11), ends=time(14)), by="test", now=NOON
        )
    await queue(house.database, [1])
    assert taken(await claim(house.database)) == []
    await withdraw(house.database, 1)
    assert taken(await claim(house.database, now=NOON + timedelta(hours=2))) == ["OPTED_OUT"]


async def test_no_claim_that_commits_after_an_opt_out_holds_marketing_for_its_subscriber(house: House) -> None:
    """The claim has begun, even looked at the queue, when the opt-out comes: it waits at the gate and sees it."""
    await queue(house.database, [1])
    opting_out = asyncio.Event()

    async def opt_out() -> None:
        async with house.database.unit_of_work() as unit:
            change = ConsentChange(
                subscriber_id=1,
                scope=read_scope("all"),
                state=ConsentState.WITHDRAWN,
                at=NOON,
                source=ConsentSource.INBOUND,
                evidence="m1",
            )
            await book_consents(unit, [change], now=NOON)
            opting_out.set()
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as both:
        both.create_task(opt_out())
        await opting_out.wait()
        claiming = both.create_task(claim(house.database))
    assert taken(claiming.result()) == ["OPTED_OUT"]


async def test_opt_outs_and_claims_at_once_hand_over_nothing_after_a_commit(house: House) -> None:
    ids = range(1, 301)
    await queue(house.database, ids)
    opted_out: dict[int, float] = {}
    clock = asyncio.get_running_loop().time

    async def opt_out() -> None:
        for one in ids:
            await withdraw(house.database, one)
            opted_out[one] = clock()

    began: dict[str, float] = {}

    async def claim_with_start() -> None:
        while True:
            start = clock()
            found = await claim(house.database, limit=3)
            if not (found.messages or found.blocked):
                return
            began.update({one.msisdn: start for one in found.messages})

    await asyncio.gather(opt_out(), claim_with_start(), claim_with_start())
    late = [one for one in ids if began.get(number_of(one), 0.0) > opted_out[one]]
    assert late == []
    rows = await house.fetch("SELECT state::text, count(*)::int AS n FROM message GROUP BY state")
    assert sum(row["n"] for row in rows) == 300


async def test_claimed_messages_are_judged_again_on_a_slow_line(house: House) -> None:
    await queue(house.database, [1, 2])
    await queue(house.database, [3], expires_at=NOON + timedelta(seconds=1))
    claimed = await claim(house.database)
    ids = [one.id for one in claimed.messages]
    await withdraw(house.database, 1)
    async with house.database.read() as unit:
        assert await find_barred(unit, ids, now=NOON) == {ids[0]: "OPTED_OUT"}
        later = await find_barred(unit, ids, now=NOON + timedelta(seconds=1))
    assert later == {ids[0]: "OPTED_OUT", ids[2]: "EXPIRED"}


async def test_hours_that_begin_while_a_slow_line_holds_a_message_keep_it_for_later(house: House) -> None:
    """By the hours of its channel and class; an opt-out goes before, since it holds for ever."""
    for number, message_class in enumerate(MessageClass, start=1):
        await queue(house.database, [number], message_class=message_class)
    await queue(house.database, [4])
    ids = [one.id for one in (await claim(house.database)).messages]
    await withdraw(house.database, 4)
    async with house.database.unit_of_work() as unit:
        for channel in ("", "mms"):
            night = QuietHours(message_class="marketing", channel=channel, starts=time(11), ends=time(14))
            await put_quiet_hours(unit, night, by="test", now=NOON)
        marketing, opted_out = ids[2:]
        assert await find_barred(unit, ids, now=NOON) == {marketing: "QUIET_HOURS", opted_out: "OPTED_OUT"}
        assert await find_barred(unit, ids, now=NOON + timedelta(hours=2)) == {opted_out: "OPTED_OUT"}
        own = QuietHours(message_class="marketing", channel="sms", starts=time(20), ends=time(21))
        await put_quiet_hours(unit, own, by="test", now=NOON)
        assert await find_barred(unit, ids, now=NOON) == {opted_out: "OPTED_OUT"}


@pytest.mark.parametrize("moment", [NOON, NOON + timedelta(hours=10), NOON + timedelta(hours=20)])
async def test_the_statement_holds_as_the_domain_says(house: House, moment: datetime) -> None:
    hours = [
        QuietHours(message_class="marketing", starts=time(21), ends=time(8)),
        QuietHours(message_class="marketing", channel="mms", starts=time(11), ends=time(13)),
        QuietHours(message_class="service", channel="sms", starts=time(22), ends=time(6)),
    ]
    async with house.database.unit_of_work() as unit:
        for one in hours:
            await put_quiet_hours(unit, one, by="test", now=NOON)
    kinds = list(product(MessageClass, Channel))
    for number, (message_class, channel) in enumerate(kinds, start=1):
        await queue(house.database, [number], message_class=message_class, channel=channel)
    await claim(house.database, now=moment)
    rows = await house.fetch("SELECT due_at FROM message ORDER BY subscriber_id")
    assert [row["due_at"] for row in rows] == [
        quiet_until(hours, channel=channel, message_class=message_class, moment=moment)
        for message_class, channel in kinds
    ]
