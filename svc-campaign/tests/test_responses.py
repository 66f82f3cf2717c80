"""Responses by every route: each once, the earliest first, inside the window only, members only."""

import asyncio
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.campaign.v1 import campaign_pb2
from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound
from svc_campaign.domain.link_token import write_token

from .desk import MENS, Desk
from .factories import LAUNCHED_AT

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
CLOSES_AT = LAUNCHED_AT + timedelta(days=14)


def stamp(at: datetime) -> Timestamp:
    rendered = Timestamp()
    rendered.FromDatetime(at)
    return rendered


def inbound(*subscribers: int, at: datetime = LAUNCHED_AT + HOUR, recipient: str = "10086") -> Message:
    messages = [
        channel_facts.InboundMessage(subscriber_id=one, recipient=recipient, text="yes", at=stamp(at))
        for one in subscribers
    ]
    return channel_facts.InboundReceived(messages=messages)


def visits(*subscribers: int, at: datetime = LAUNCHED_AT + HOUR, kind: str = "visit") -> Message:
    events = [segment_facts.RecordedEvent(subscriber_id=one, type=kind, at=stamp(at)) for one in subscribers]
    return segment_facts.EventsRecorded(events=events)


async def token_of(desk: Desk, subscriber_id: int) -> str:
    (row,) = await desk.fetch("SELECT link_token FROM member WHERE subscriber_id = $1", subscriber_id)
    return write_token(row["link_token"])


async def follow(desk: Desk, subscriber_id: int, *, at: datetime = LAUNCHED_AT + HOUR) -> str:
    desk.clock.at = at
    request = campaign_pb2.FollowLinkRequest(token=await token_of(desk, subscriber_id))
    return (await invoke(desk.links.FollowLink, request)).target


async def responded(desk: Desk) -> dict[int, tuple[datetime, str]]:
    rows = await desk.fetch("SELECT * FROM member WHERE responded_at IS NOT NULL ORDER BY subscriber_id")
    return {row["subscriber_id"]: (row["responded_at"], row["response_route"]) for row in rows}


async def test_an_answer_is_a_response_however_often_it_is_told(desk: Desk) -> None:
    await desk.running()
    for _ in range(2):
        await desk.tell(inbound(2, 3, 2))
    assert await responded(desk) == {2: (LAUNCHED_AT + HOUR, "inbound"), 3: (LAUNCHED_AT + HOUR, "inbound")}


async def test_an_event_of_the_plans_types_is_a_response_of_hold_outs_too(desk: Desk) -> None:
    await desk.running()
    for _ in range(2):
        await desk.tell(visits(1, 2, 2))
        await desk.tell(visits(3, kind="complaint"))
    assert await responded(desk) == {1: (LAUNCHED_AT + HOUR, "event"), 2: (LAUNCHED_AT + HOUR, "event")}


async def test_a_followed_link_is_a_response_and_leads_to_the_target(desk: Desk) -> None:
    campaign_id = await desk.running()
    for _ in range(2):
        assert await follow(desk, 2) == "https://portal.example/offer"
    assert await responded(desk) == {2: (LAUNCHED_AT + HOUR, "link")}
    assert (await desk.report(campaign_id))["mens"].responded == 1


@pytest.mark.parametrize("token", ["00000000000", "zzzzzzzzzzz", "abcdef"])
async def test_an_unknown_link_is_not_found(desk: Desk, token: str) -> None:
    await desk.running()
    with pytest.raises(NotFound, match="LINK_UNKNOWN"):
        await invoke(desk.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token))


async def test_a_link_of_impossible_shape_is_refused_at_the_door(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="SHAPE"):
        await invoke(desk.links.FollowLink, campaign_pb2.FollowLinkRequest(token="../etc"))


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_earliest_response_stands_with_its_route_whatever_is_told_first(
    desk: Desk, order: tuple[int, ...]
) -> None:
    await desk.running()
    first = LAUNCHED_AT + HOUR

    async def by_message() -> None:
        await desk.tell(inbound(2, at=first + HOUR))

    async def by_event() -> None:
        await desk.tell(visits(2, at=first))

    async def by_link() -> None:
        await follow(desk, 2, at=first + 2 * HOUR)

    routes = [by_message, by_event, by_link]
    for index in order * 2:
        await routes[index]()
    assert await responded(desk) == {2: (first, "event")}


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (LAUNCHED_AT - INSTANT, False),
        (LAUNCHED_AT, True),
        (CLOSES_AT - INSTANT, True),
        (CLOSES_AT, False),
    ],
)
async def test_only_what_happens_inside_the_window_counts(desk: Desk, at: datetime, counts: bool) -> None:
    await desk.running()
    await desk.tell(inbound(2, at=at))
    await desk.tell(visits(1, at=at))
    assert await follow(desk, 3, at=at) == "https://portal.example/offer"
    assert sorted(await responded(desk)) == ([1, 2, 3] if counts else [])


async def test_strangers_and_other_numbers_are_no_responses(desk: Desk) -> None:
    await desk.running()
    await desk.tell(inbound(999))
    await desk.tell(inbound(2, recipient="12580"))
    await desk.tell(visits(999))
    assert await responded(desk) == {}


async def test_nothing_counts_before_the_launch(desk: Desk) -> None:
    await desk.approved()
    await desk.tell(inbound(2))
    await desk.tell(visits(1))
    assert await responded(desk) == {}


async def test_a_fact_that_comes_late_from_inside_the_window_still_counts(desk: Desk) -> None:
    campaign_id = await desk.running()
    await desk.fetch("UPDATE campaign SET state = 'completed'")
    await desk.tell(visits(1))
    report = await desk.report(campaign_id)
    assert report["holdout"].responded == 1


async def test_an_answer_counts_in_every_running_campaign_of_its_number(desk: Desk) -> None:
    one = await desk.running()
    other = await desk.running(name="another")
    third = await desk.running(name="elsewhere", sender="12580")
    await desk.tell(inbound(2))
    counts = [(await desk.report(campaign_id))["mens"].responded for campaign_id in (one, other, third)]
    assert counts == [1, 1, 0]


async def test_clicks_and_facts_at_once_neither_deadlock_nor_count_twice(desk: Desk) -> None:
    members = list(range(1, 400))
    desk.peers.segment.segments[MENS] = members
    desk.peers.segment.segments |= {key: [] for key in desk.peers.segment.segments if key != MENS}
    arms = [campaign_pb2.Arm(name="mens", segment_id=str(MENS), template="{link}")]
    campaign_id = await desk.running(arms=arms)
    tokens = [write_token(row["link_token"]) for row in await desk.fetch("SELECT link_token FROM member LIMIT 50")]
    desk.clock.at = LAUNCHED_AT + HOUR
    work: list[Any] = [desk.tell(inbound(*members)), desk.tell(visits(*reversed(members)))]
    work += [desk.tell(inbound(*reversed(members))), desk.tell(visits(*members))]
    work += [invoke(desk.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token)) for token in tokens]
    await asyncio.gather(*work)
    assert (await desk.report(campaign_id))["mens"].responded == len(members)
