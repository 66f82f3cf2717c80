"""Whom services are offered to: rules that join what is known of people with what they did, heard, own and where they are."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2, match_pb2
from carillon_chassis.client import invoke

from .segment_desk import SegmentDesk
from .segmentation import csv_file, new_request_id, number_of
from .tag_desk import CELL, PEOPLE, Tagging

TYPES = {"brand": "text", "supports_mms": "boolean", "fetion_client": "boolean"}


def facts_of(one: int) -> list[object]:
    """Brand, whether the handset can MMS, whether the Fetion client is used."""
    return ["MZONE" if one <= 30 else "GOTONE", one % 2 == 0, one <= 5]


@pytest.fixture
async def people(tagging: Tagging) -> Tagging:
    """The sixty with a brand, a handset and a client."""
    rows = [[number_of(one), *facts_of(one)] for one in range(1, PEOPLE + 1)]
    await tagging.segmentation.load(csv_file(["msisdn", *TYPES], *rows), TYPES)
    return tagging


async def did(tagging: Tagging, kind: str, *subscribers: int, **attributes: str) -> None:
    at = Timestamp()
    at.FromDatetime(datetime.now(UTC) - timedelta(hours=1))
    events = [event_pb2.Event(msisdn=number_of(one), type=kind, attributes=attributes, at=at) for one in subscribers]
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    assert (await invoke(tagging.segmentation.events.RecordEvents, request)).accepted == len(subscribers)


async def recommended(tagging: Tagging, **cut: str) -> dict[str, set[int]]:
    """Whom the newest match recommends what, by rule."""
    match = await tagging.matching.matched()
    assert match.state == match_pb2.RUN_STATE_DONE, match.problem
    found: dict[str, set[int]] = {}
    for row in await tagging.matching.extract(match.id, **cut):
        found.setdefault(row["rule"], set()).add(int(row["subscriber_id"]))
    return found


async def test_mobile_friends_without_the_client_are_recommended_it(people: Tagging) -> None:
    """SEG-52: friends who are reached by SMS, from the monthly list, and the client whose messages are free."""
    friends = csv_file(["msisdn"], *[[number_of(one)] for one in range(1, 13)])
    await people.segmentation.load(friends, kind="list", list_name="mobile friends")
    await people.matching.put("FETION_MOBILE", owned_when="fetion_client")
    await people.matching.add("FRIENDS", "FETION_MOBILE", "in_segment('mobile friends')", channels=["SMS"])
    assert await recommended(people) == {"FRIENDS": set(range(6, 13))}


async def test_mms_finds_its_customers_by_what_they_use_by_their_handset_and_by_where_they_are(
    people: Tagging,
) -> None:
    """SEG-55, SEG-56, SEG-57: three rules for one service, each over a source of its own; MMS is pushed to their list."""
    await people.watch(code="CAMPUS", path="circle/study")
    await people.put_cell(CELL, "CAMPUS")
    await people.see(range(21, 61), days=3)
    await people.refresh()
    await did(people, "news_read", *range(1, 11), service="NEWSPAPER")
    await people.matching.put("MMS")
    add = people.matching.add
    news = "count_events('news_read', 90, 'service' = 'NEWSPAPER') > 0"
    await add("USE", "MMS", news, layer=2, priority=1, channels=["MMS"])
    await add("HANDSET", "MMS", "supports_mms and age <= 20", layer=2, priority=2, channels=["MMS"])
    await add("CAMPUS", "MMS", "has_tag('circle/study')", layer=2, priority=3, channels=["MMS"])
    assert await recommended(people, channel="MMS") == {
        "USE": set(range(1, 11)),
        "HANDSET": {12, 14, 16, 18, 20},
        "CAMPUS": set(range(21, 61)),
    }


async def test_what_people_heard_and_how_they_rated_it_decides_what_they_are_recommended(people: Tagging) -> None:
    """SEG-67, SEG-71: attributes of people and of music in one rule; a rating after an audition is its input."""
    await did(people, "tone_rated", *range(1, 21), genre="rock", score="5")
    await did(people, "tone_rated", *range(11, 21), genre="rock", score="1")
    await did(people, "tone_rated", *range(41, 46), genre="classical", score="5")
    await people.matching.put("ROCK_BOX")
    liked = "avg_events('tone_rated', 'score', 90, 'genre' = 'rock') >= 4 and brand = 'MZONE'"
    await people.matching.add("ROCK", "ROCK_BOX", liked, channels=["SMS"])
    assert await recommended(people) == {"ROCK": set(range(1, 11))}


async def test_what_somebody_did_by_any_channel_is_one_history(people: Tagging) -> None:
    """SEG-70: channels share what they know."""
    for channel in ("WEB", "SMS", "WAP", "IVR"):
        await did(people, "tone_searched", 7, 8, channel=channel)
    await did(people, "tone_searched", 9, channel="WEB")
    count = people.segmentation.count
    assert await count("count_events('tone_searched', 30) >= 4") == 2
    assert await count("count_events('tone_searched', 30, 'channel' = 'IVR') >= 1") == 2
    assert await count("count_events('tone_searched', 30, 'channel' = 'WEB') >= 1") == 3


async def test_a_market_is_cut_by_customers_and_by_what_they_use(people: Tagging) -> None:
    """SEG-79: customer segments against clusters of services, counted in one call."""
    await did(people, "service_used", *range(1, 11), service="CRBT")
    await did(people, "service_used", *range(26, 36), service="GPRS")
    grid = await SegmentDesk(people.segmentation).grid(
        "",
        ["brand = 'MZONE'", "brand = 'GOTONE'"],
        [f"count_events('service_used', 30, 'service' = '{one}') > 0" for one in ("CRBT", "GPRS")],
    )
    assert [list(row.cells) for row in grid.rows] == [[10, 5], [0, 5]]


async def test_a_rule_for_outgoing_calls_learns_from_history_and_preference(people: Tagging) -> None:
    """SEG-81: who said no lately is not called again, who likes the music is."""
    fans = await people.segmentation.create("fans", "age <= 30")
    await people.tag("music/rock", fans.id, 0.8)
    await did(people, "call_refused", *range(21, 31), channel="OUTBOUND")
    await people.matching.put("ROCK_BOX")
    await people.matching.add("HALL", "ROCK_BOX", "age > 30", layer=4, channels=["HALL"])
    wanted = "has_tag('music/rock', 0.7) and no_events('call_refused', 90)"
    await people.matching.add("CALL", "ROCK_BOX", wanted, channels=["OUTBOUND"])
    assert await recommended(people, channel="OUTBOUND") == {"CALL": set(range(1, 21))}
