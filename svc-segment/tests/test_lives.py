"""A number whose holder's life ended is somebody else's next time; the old ordinal stays closed for ever."""

from datetime import UTC, date, datetime, timedelta

import pytest

from carillon.segment.v1 import facts_pb2, snapshot_pb2, subscriber_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound

from .segmentation import Segmentation, csv_file, new_request_id, number_of

LOADED = snapshot_pb2.SNAPSHOT_STATE_LOADED
HEADER = ["msisdn", "age", "ended_on"]
AGE = {"age": "integer"}


async def resolve(segmentation: Segmentation, *subscribers: int) -> list[int]:
    request = subscriber_pb2.ResolveNumbersRequest(msisdns=[number_of(one) for one in subscribers])
    answer = await invoke(segmentation.subscribers.ResolveNumbers, request)
    found = {entry.msisdn: entry.subscriber_id for entry in answer.entries}
    return [found.get(number_of(one), 0) for one in subscribers]


async def dialled(segmentation: Segmentation, *ids: int) -> list[int]:
    answer = await invoke(
        segmentation.subscribers.LookUpNumbers, subscriber_pb2.LookUpNumbersRequest(subscriber_ids=ids)
    )
    return sorted(entry.subscriber_id for entry in answer.entries)


async def told(segmentation: Segmentation) -> list[tuple[int, str]]:
    async with segmentation.database.read() as unit:
        rows = await unit.driver.fetch("SELECT body FROM outbox WHERE type LIKE '%SubscribersEnded' ORDER BY sequence")
    facts = [facts_pb2.SubscribersEnded.FromString(row["body"]) for row in rows]
    return [(one.subscriber_id, one.ended_on) for fact in facts for one in fact.subscribers]


async def end_life(
    segmentation: Segmentation, number: str, ended_on: str = "2011-03-31", *, request_id: str = ""
) -> int:
    request = subscriber_pb2.EndLifeRequest(request_id=request_id or new_request_id(), msisdn=number, ended_on=ended_on)
    return int((await invoke(segmentation.subscribers.EndLife, request)).subscriber_id)


async def test_a_file_ends_lives_and_the_number_begins_a_new_one_beside_them(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], *[[number_of(one), one] for one in (1, 2, 3)]), AGE)
    rows = [
        [number_of(1), "", "2011-03-10"],
        [number_of(2), "", "2011-03-11"],
        [number_of(2), "22", ""],
        [number_of(2), "", "2011-03-12"],
        [number_of(9), "", "2011-03-12"],
        [number_of(3), "", "2011-02-30"],
    ]
    snapshot = await segmentation.load(csv_file(HEADER, *rows))
    assert (snapshot.state, snapshot.problem) == (LOADED, "")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (6, 3, 3)
    assert snapshot.notice == "the lives of 2 subscribers ended"
    assert await segmentation.rejects(snapshot) == [
        (4, "msisdn", "DUPLICATE"),
        (5, "msisdn", "UNKNOWN_NUMBER"),
        (6, "ended_on", "WRONG_TYPE"),
    ]
    assert await resolve(segmentation, 1, 2, 3) == [0, 4, 3]
    assert await dialled(segmentation, 1, 2, 3, 4) == [3, 4]
    assert await segmentation.count("true") == 2
    assert await segmentation.count("age = 22") == 1
    assert await told(segmentation) == [(1, "2011-03-10"), (2, "2011-03-11")]
    # Whoever has the first number next is a subscriber without a past.
    await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    assert await resolve(segmentation, 1, 2, 3) == [5, 4, 3]
    assert await segmentation.count("age is null") == 1
    with pytest.raises(NotFound):
        await invoke(segmentation.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=1))


async def test_a_life_ends_at_once_by_itself(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], *[[number_of(one), one] for one in (1, 2)]), AGE)
    key = new_request_id()
    assert await end_life(segmentation, number_of(1), request_id=key) == 1
    assert await end_life(segmentation, number_of(1), request_id=key) == 1
    assert await resolve(segmentation, 1, 2) == [0, 2]
    assert await told(segmentation) == [(1, "2011-03-31")]
    with pytest.raises(NotFound):
        await end_life(segmentation, number_of(1))
    # The files follow with the next snapshot, whichever subscribers it has.
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(2), 30]))
    assert await segmentation.count("true") == 1
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 40]))
    assert await resolve(segmentation, 1, 2) == [3, 2]
    assert await end_life(segmentation, number_of(1)) == 3


async def test_a_life_cannot_end_in_the_future_nor_that_of_nobody(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    with pytest.raises(InvalidInput) as later:
        await end_life(segmentation, number_of(1), tomorrow.isoformat())
    assert later.value.reason == "ENDED_LATER"
    with pytest.raises(InvalidInput):
        await end_life(segmentation, number_of(1), "2011-02-30")
    with pytest.raises(NotFound) as nobody:
        await end_life(segmentation, number_of(2), date(2011, 3, 31).isoformat())
    assert nobody.value.reason == "SUBSCRIBER_UNKNOWN"


async def test_a_load_that_fails_at_its_end_ends_no_life(
    segmentation: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 1]), AGE)

    async def refuse(*_: object) -> None:
        raise InvalidInput(reason="REFUSED", field="file", detail="refused at the end")

    monkeypatch.setattr("svc_segment.app.load_subscribers.save_attributes", refuse)
    rows = [[number_of(1), "", "2011-03-10"], [number_of(1), "7", ""]]
    failed = await segmentation.load(csv_file(HEADER, *rows))
    assert failed.problem == "refused at the end"
    assert await resolve(segmentation, 1) == [1]
    assert await told(segmentation) == []
    monkeypatch.undo()
    loaded = await segmentation.load(csv_file(HEADER, *rows))
    assert loaded.state == LOADED
    assert await resolve(segmentation, 1) == [3]
    assert await segmentation.count("age = 7") == await segmentation.count("true") == 1
