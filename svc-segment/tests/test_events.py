"""Events over real gRPC: good ones are booked and told once, bad ones come back by index and field."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2, facts_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict

from .segmentation import Segmentation, csv_file, new_request_id, number_of


@pytest.fixture
async def loaded(segmentation: Segmentation) -> Segmentation:
    """Three subscribers."""
    await segmentation.load(csv_file(["msisdn"], *[[number_of(one)] for one in (1, 2, 3)]))
    return segmentation


def an_event(msisdn: str = "", kind: str = "visit", at: datetime | None = None, **attributes: str) -> event_pb2.Event:
    stamp = Timestamp()
    stamp.FromDatetime(at or datetime.now(UTC))
    return event_pb2.Event(msisdn=msisdn or number_of(1), type=kind, at=stamp, attributes=attributes)


async def booked(segmentation: Segmentation) -> list[tuple[int, str]]:
    async with segmentation.database.read() as unit:
        return [tuple(row) for row in await unit.driver.fetch("SELECT subscriber_id, type FROM event ORDER BY id")]


async def facts(segmentation: Segmentation) -> list[facts_pb2.EventsRecorded]:
    async with segmentation.database.read() as unit:
        rows = await unit.driver.fetch("SELECT type, body FROM outbox ORDER BY transaction, sequence")
    assert {row["type"] for row in rows} <= {"carillon.segment.v1.EventsRecorded"}
    return [facts_pb2.EventsRecorded.FromString(row["body"]) for row in rows]


async def test_good_events_are_booked_and_told_and_bad_ones_come_back(loaded: Segmentation) -> None:
    now = datetime.now(UTC)
    out_of_calendar = an_event()
    out_of_calendar.at.CopyFrom(Timestamp(seconds=10**15))
    no_time = an_event()
    no_time.ClearField("at")
    events = [
        an_event(page="/tones"),
        an_event(msisdn="13800000002", at=now - timedelta(days=3)),
        an_event(msisdn="13800000009"),
        an_event(msisdn="0"),
        an_event(kind=" "),
        an_event(kind="x" * 65),
        no_time,
        out_of_calendar,
        an_event(at=now + timedelta(hours=1)),
        an_event(at=datetime(1970, 1, 1, tzinfo=UTC)),
        an_event(note="x" * 501),
        an_event(msisdn=number_of(1), kind="visit"),
    ]
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    answer = await invoke(loaded.events.RecordEvents, request)
    assert answer.accepted == 3
    assert [(one.index, one.field) for one in answer.rejected] == [
        (2, "msisdn"),
        (3, "msisdn"),
        (4, "type"),
        (5, "type"),
        (6, "at"),
        (7, "at"),
        (8, "at"),
        (9, "at"),
        (10, "attributes.note"),
    ]
    assert all(one.detail for one in answer.rejected)
    assert await booked(loaded) == [(1, "visit"), (2, "visit"), (1, "visit")]
    (fact,) = await facts(loaded)
    assert [(one.subscriber_id, one.type) for one in fact.events] == [(1, "visit"), (2, "visit"), (1, "visit")]
    assert fact.events[0].attributes == {"page": "/tones"}
    assert fact.events[1].at.ToDatetime(tzinfo=UTC) == now - timedelta(days=3)


async def test_a_replay_books_nothing_twice_and_gives_the_first_answer(loaded: Segmentation) -> None:
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=[an_event(), an_event(kind="")])
    first = await invoke(loaded.events.RecordEvents, request)
    assert await invoke(loaded.events.RecordEvents, request) == first
    assert len(await booked(loaded)) == len(await facts(loaded)) == 1
    request.events.add().CopyFrom(an_event())
    with pytest.raises(Conflict):
        await invoke(loaded.events.RecordEvents, request)


async def test_a_batch_of_bad_events_tells_no_fact(loaded: Segmentation) -> None:
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=[an_event(kind="")])
    assert (await invoke(loaded.events.RecordEvents, request)).accepted == 0
    assert await facts(loaded) == []


async def test_a_thousand_events_go_in_one_call(loaded: Segmentation) -> None:
    events = [an_event(msisdn=number_of(one % 3 + 1)) for one in range(1_000)]
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    assert (await invoke(loaded.events.RecordEvents, request)).accepted == 1_000
    assert len(await booked(loaded)) == 1_000


@pytest.mark.parametrize("kind", ["order_activated", "subscription_ended"])
async def test_nobody_but_svc_catalog_tells_of_orders(loaded: Segmentation, kind: str) -> None:
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=[an_event(kind=kind, service="CRBT")])
    answer = await invoke(loaded.events.RecordEvents, request)
    assert (answer.accepted, [(one.index, one.field) for one in answer.rejected]) == (0, [(0, "type")])
    assert await booked(loaded) == []
