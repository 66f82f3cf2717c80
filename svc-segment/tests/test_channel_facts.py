"""What svc-channel tells becomes events of subscribers, once; what opts out and what nobody wrote does not (SEG-60)."""

from datetime import UTC, datetime

import pytest

import svc_segment.migrations
from carillon.channel.v1 import facts_pb2
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.api.rendering import render_facts
from svc_segment.worker.channel_facts import ChannelFacts

AT = datetime(2011, 4, 1, tzinfo=UTC)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """Subscriber 1's life has ended; 2 and 3 live."""
    database = await make_database(svc_segment.migrations.__path__[0])
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO number (subscriber_id, msisdn, ended_on) VALUES (1, 8613800000001, '2011-03-31'), "
            "(2, 8613800000001, NULL), (3, 8613800000003, NULL)"
        )
    return database


def wrote(
    subscriber_id: int, *, to: str = "12520138", keyword: str = "", opt_out: bool = False
) -> facts_pb2.InboundMessage:
    message = facts_pb2.InboundMessage(
        subscriber_id=subscriber_id, recipient=to, text="free texts?", keyword=keyword, opt_out=opt_out
    )
    message.at.FromDatetime(AT)
    return message


async def tell(database: Database, *messages: facts_pb2.InboundMessage) -> None:
    fact = facts_pb2.InboundReceived(messages=messages)
    async with database.unit_of_work() as unit:
        await ChannelFacts(render_facts).handlers()[facts_pb2.InboundReceived](unit, fact, AT)


async def told(database: Database) -> list[segment_facts.EventsRecorded]:
    async with database.read() as unit:
        rows = await unit.driver.fetch("SELECT body FROM outbox ORDER BY transaction, sequence")
    return [segment_facts.EventsRecorded.FromString(row["body"]) for row in rows]


async def test_a_text_is_an_event_of_who_wrote_it_and_is_told_once(database: Database) -> None:
    await tell(database, wrote(2, keyword="uplink-12520"), wrote(3, to="10086"), wrote(2))
    async with database.read() as unit:
        rows = await unit.driver.fetch("SELECT subscriber_id, type, at, attributes::text FROM event ORDER BY id")
        touched = await unit.driver.fetch("SELECT DISTINCT subscriber_id, type FROM live_touch ORDER BY 1")
    assert [(row["subscriber_id"], row["attributes"]) for row in rows] == [
        (2, '{"to": "12520138", "keyword": "uplink-12520"}'),
        (3, '{"to": "10086"}'),
        (2, '{"to": "12520138"}'),
    ]
    assert {(row["type"], row["at"]) for row in rows} == {("sms_uplink", AT)}
    assert [tuple(row) for row in touched] == [(2, "sms_uplink"), (3, "sms_uplink")]
    [fact] = await told(database)
    assert [(one.subscriber_id, one.type, dict(one.attributes)) for one in fact.events] == [
        (2, "sms_uplink", {"to": "12520138", "keyword": "uplink-12520"}),
        (3, "sms_uplink", {"to": "10086"}),
        (2, "sms_uplink", {"to": "12520138"}),
    ]


async def test_opt_outs_ended_lives_and_nobodies_are_no_events(database: Database) -> None:
    await tell(database, wrote(2, keyword="opt-out", opt_out=True), wrote(1), wrote(4), wrote(0), wrote(2**32 - 1))
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM event") == 0
    assert await told(database) == []
    # One such fact would hold up all after it for ever, were it refused.
    await tell(database, wrote(2**31), wrote(3))
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT array_agg(subscriber_id) FROM event") == [3]
