"""What one subscriber was sent lately: the newest first, bounded, without texts; and nothing more once the life ended."""

from datetime import UTC, datetime

import pytest

from carillon.channel.v1 import facts_pb2, history_pb2, history_pb2_grpc
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.errors import InvalidInput
from svc_channel.store.barred import find_barred
from svc_channel.store.ended_lives import keep_ended
from svc_channel.worker.life_facts import LifeFacts

from .house import Client, House, new_campaign, request
from .segment import number_of
from .test_last_step import NOON, claim, queue, taken


async def contacts(client: Client, subscriber_id: int, *, limit: int = 0) -> list[history_pb2.Contact]:
    stub = history_pb2_grpc.ContactHistoryServiceStub(client.channel)
    asked = history_pb2.ListContactsRequest(subscriber_id=subscriber_id, limit=limit)
    return list((await invoke(stub.ListContacts, asked)).contacts)


async def end_life(house: House, *subscriber_ids: int) -> None:
    """svc-segment's fact, booked as the follower books it."""
    lives = [segment_facts.EndedSubscriber(subscriber_id=one, ended_on="2011-03-31") for one in subscriber_ids]
    [handle] = LifeFacts(SystemClock()).handlers().values()
    async with house.database.unit_of_work() as unit:
        await handle(unit, segment_facts.SubscribersEnded(subscribers=lives), datetime.now(UTC))


async def test_contacts_are_those_of_one_subscriber_the_newest_first(quiet_client: Client) -> None:
    first, second = new_campaign(), new_campaign()
    await quiet_client.submit(request(first, [(1, "Hello"), (2, "Hello")]))
    await quiet_client.submit(request(second, [(1, ""), (3, "Hello")], sender="1008611"))
    newest, oldest = await contacts(quiet_client, 1)
    assert (newest.campaign_id, newest.sender, newest.state, newest.reason) == (
        second,
        "1008611",
        "failed",
        "TEXT_EMPTY",
    )
    assert (oldest.campaign_id, oldest.channel, oldest.message_class) == (first, "sms", "marketing")
    assert (oldest.state, oldest.reason, oldest.HasField("ended_at")) == ("queued", "", False)
    assert newest.taken_at.ToDatetime(UTC) >= oldest.taken_at.ToDatetime(UTC)
    assert newest.HasField("ended_at")
    assert await contacts(quiet_client, 4) == []
    assert [one.campaign_id for one in await contacts(quiet_client, 1, limit=1)] == [second]


async def test_at_most_fifty_contacts_are_shown(quiet_client: Client) -> None:
    await quiet_client.submit(request(new_campaign(), [(1, f"Hello {one}") for one in range(60)]))
    assert len(await contacts(quiet_client, 1)) == 50
    with pytest.raises(InvalidInput):
        await contacts(quiet_client, 1, limit=51)


async def test_what_waits_for_an_ended_life_is_not_sent_and_told_as_failed(house: House, quiet_client: Client) -> None:
    """SEG-80: the number may be somebody else's by then."""
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, [(1, "Hello"), (2, "Hello"), (3, "Hello")]))
    await end_life(house, 1, 3, 9)
    await end_life(house, 1)
    assert [(one.state, one.reason) for one in await contacts(quiet_client, 1)] == [("failed", "LIFE_ENDED")]
    progress = await quiet_client.progress(campaign)
    assert (progress.queued, progress.failed) == (1, 2)
    told = await house.facts(facts_pb2.MessagesEnded)
    assert [sorted((one.subscriber_id, one.reason) for one in fact.failed) for fact in told] == [
        [(1, "LIFE_ENDED"), (3, "LIFE_ENDED")]
    ]


async def test_a_message_taken_or_queued_again_after_the_end_is_not_handed_over(house: House) -> None:
    # A doubt may queue it again, or its batch was taken while the life ended.
    await queue(house.database, [1, 2])
    async with house.database.unit_of_work() as unit:
        await keep_ended(unit, [1], at=NOON)
    claimed = await claim(house.database)
    assert taken(claimed) == [number_of(2), "LIFE_ENDED"]
    async with house.database.unit_of_work() as unit:
        await keep_ended(unit, [2], at=NOON)
        ids = [one.id for one in claimed.messages]
        assert await find_barred(unit, ids, now=NOON) == {ids[0]: "LIFE_ENDED"}
