"""What members do reaches the campaigns that answer to it: responses by triggers, and answers at once, once."""

import asyncio
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.message import Message

from carillon.campaign.v1 import campaign_pb2
from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon.channel.v1 import message_pb2
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.errors import InvalidInput, Unavailable
from svc_campaign.domain.trigger import ANSWER_LIFE

from .desk import HOLDOUT, MAKER, MENS, WOMENS, Desk, a_plan_message
from .factories import LAUNCHED_AT
from .test_responses import CLOSES_AT, HOUR, INSTANT, follow, inbound, responded, stamp

FIRST_ANSWER = 1_000_000_000_001
OFFER = "Fetion sends texts for nothing"
UPLINK = campaign_pb2.Trigger(name="uplink", recipient="12520*", template=OFFER)


def quiet_arms() -> list[campaign_pb2.Arm]:
    """The men wait for triggers, the women are written to at the launch, and the hold-out is told nothing."""
    return [
        campaign_pb2.Arm(name="mens", segment_id=str(MENS)),
        campaign_pb2.Arm(name="holdout", segment_id=str(HOLDOUT), holdout=True),
        campaign_pb2.Arm(name="womens", segment_id=str(WOMENS), template="Women: {link}"),
    ]


async def running(desk: Desk, *triggers: campaign_pb2.Trigger, **plan: Any) -> str:
    """A running campaign, an hour after its launch: what is told then is answered at once."""
    campaign_id = await desk.running(**({"arms": quiet_arms(), "triggers": triggers or (UPLINK,)} | plan))
    desk.clock.at = LAUNCHED_AT + HOUR
    return campaign_id


def texts(*subscribers: int, keyword: str = "", opt_out: bool = False, **values: Any) -> Message:
    told = inbound(*subscribers, **({"recipient": "12520138"} | values))
    assert isinstance(told, channel_facts.InboundReceived)
    for message in told.messages:
        message.keyword, message.opt_out = keyword, opt_out
    return told


def deeds(*subscribers: int, kind: str = "cell_entered", **attributes: str) -> Message:
    events = [
        segment_facts.RecordedEvent(subscriber_id=one, type=kind, at=stamp(LAUNCHED_AT + HOUR), attributes=attributes)
        for one in subscribers
    ]
    return segment_facts.EventsRecorded(events=events)


def answers(desk: Desk) -> list[tuple[message_pb2.SubmitMessagesRequest, dict[int, str]]]:
    """The batches of answers that svc-channel has, each with its texts by subscriber, in order."""
    found = []
    for (_, number), request in sorted(desk.peers.channel.requests.items()):
        if number >= FIRST_ANSWER:
            table = pa.ipc.open_stream(request.arrow_ipc).read_all()
            found.append((request, dict(zip(*(column.to_pylist() for column in table.columns), strict=True))))
    return found


def answered(desk: Desk) -> dict[int, str]:
    """What each subscriber was answered; fails when somebody was answered twice."""
    found: dict[int, str] = {}
    for _, batch in answers(desk):
        assert not found.keys() & batch.keys()
        found |= batch
    return found


async def test_who_writes_to_the_code_with_an_extension_has_responded_and_is_answered_at_once(desk: Desk) -> None:
    """SEG-54: 12520 and more digits reach the campaign; hold-outs count as responses and are told nothing."""
    campaign_id = await running(desk)
    for _ in range(2):
        await desk.tell(texts(1, 2, 3, 99))
        await desk.answer()
    assert answered(desk) == {2: OFFER, 3: OFFER}
    assert set(await responded(desk)) == {1, 2, 3}
    (request, _), *others = answers(desk)
    assert not others
    assert request.sender == "10086"
    assert request.message_class == message_pb2.MESSAGE_CLASS_UNSPECIFIED  # marketing: consents hold it back
    assert request.expires_at.ToDatetime(tzinfo=LAUNCHED_AT.tzinfo) == desk.clock.at + ANSWER_LIFE
    campaign = await desk.get(campaign_id)
    assert (campaign.progress.answers, campaign.progress.contacts_booked) == (2, 3)
    assert campaign.plan.triggers == [UPLINK]


@pytest.mark.parametrize(
    ("recipient", "written_to", "counts"),
    [
        ("12520*", "12520", True),
        ("12520*", "125201380013800138", True),
        ("12520*", "1252", False),
        ("12520*", "912520", False),
        ("12520", "12520", True),
        ("12520", "125201", False),
    ],
)
async def test_a_number_reaches_the_campaigns_that_name_it(
    desk: Desk, recipient: str, written_to: str, counts: bool
) -> None:
    await running(desk, campaign_pb2.Trigger(name="uplink", recipient=recipient), arms=a_plan_message().arms)
    await desk.tell(texts(2, recipient=written_to))
    assert (set(await responded(desk)) == {2}) is counts
    await desk.answer()
    assert answered(desk) == {}


async def test_a_keyword_reaches_the_campaigns_that_name_it_and_no_others(desk: Desk) -> None:
    await running(desk, campaign_pb2.Trigger(name="vote", keyword="vote", recipient="12530*", template=OFFER))
    await desk.tell(texts(2, recipient="12530", keyword="vote"))
    await desk.tell(texts(3, recipient="12530", keyword="other"))
    await desk.tell(texts(5, recipient="12520", keyword="vote"))
    await desk.answer()
    assert set(await responded(desk)) == set(answered(desk)) == {2}


async def test_who_opts_out_has_not_answered_and_is_not_answered(desk: Desk) -> None:
    await running(desk)
    await desk.tell(texts(2, keyword="opt-out", opt_out=True))
    await desk.tell(texts(3, recipient="10086", keyword="opt-out", opt_out=True))
    await desk.answer()
    assert (await responded(desk), answered(desk)) == ({}, {})


async def test_an_event_is_answered_for_the_cell_it_names_and_is_no_response(desk: Desk) -> None:
    """CHN-15: entering a cell sends the SMS of that cell, in a batch for it, so that its rate holds."""
    trigger = campaign_pb2.Trigger(
        name="hall", event="cell_entered", attributes={"scene": "hall"}, template="The hall is near: {link}"
    )
    await running(desk, trigger)
    await desk.tell(deeds(1, 2, cell="440-1", scene="hall"))
    await desk.tell(deeds(3, cell="440-2", scene="hall"))
    await desk.tell(deeds(5, cell="440-2", scene="station"))
    await desk.tell(deeds(8, kind="vote", scene="hall"))
    await desk.answer()
    assert {request.cell: set(batch) for request, batch in answers(desk)} == {"440-1": {2}, "440-2": {3}}
    assert await responded(desk) == {}
    link = answered(desk)[2].rpartition("/")[2]
    assert await follow(desk, 2) == "https://portal.example/offer"
    assert len(link) == 11
    assert await responded(desk) == {2: (LAUNCHED_AT + HOUR, "link")}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("vote", {"choice": "7", "channel": "im"}),
        ("mail_shared", {"campaign_id": "c", "recipients": "3"}),
        ("microblog_reposted", {"campaign_id": "c", "post": "17"}),
        ("market_app_download", {"app": "music"}),
    ],
)
async def test_what_is_done_by_robot_mail_microblog_or_app_store_is_answered_at_once(
    desk: Desk, kind: str, attributes: dict[str, str]
) -> None:
    """CHN-27, CHN-28, CHN-29, CHN-13: whoever tells such an event, the campaign that names it answers."""
    await running(desk, campaign_pb2.Trigger(name="deed", event=kind, attributes=attributes, template=OFFER))
    await desk.tell(deeds(2, kind=kind, **attributes, more="of it"))
    await desk.tell(deeds(5, kind=kind))
    await desk.answer()
    assert answered(desk) == {2: OFFER}


async def test_the_link_of_an_answer_is_the_members_own_from_before(desk: Desk) -> None:
    trigger = campaign_pb2.Trigger(name="uplink", recipient="12520*", template="Once more: {link}")
    await running(desk, trigger)
    first = desk.peers.channel.texts()[3].rpartition("/")[2]
    await desk.tell(texts(3))
    await desk.answer()
    assert answered(desk)[3] == f"Once more: http://127.0.0.1:8080/r/{first}"


async def test_who_has_the_service_already_is_not_recommended_it(desk: Desk) -> None:
    """SEG-54: non-users alone; who gives the service up later may still be answered."""
    desk.peers.catalog.codes = ("WIRELESS_MUSIC", "FETION")
    desk.peers.catalog.used = {2: ["FETION"], 5: ["WIRELESS_MUSIC"]}
    trigger = campaign_pb2.Trigger(name="uplink", recipient="12520*", template=OFFER, unless_services=["FETION"])
    await running(desk, trigger)
    await desk.tell(texts(2, 5))
    await desk.answer()
    assert set(answered(desk)) == {5}
    desk.peers.catalog.used = {}
    await desk.tell(texts(2, 5))
    await desk.answer()
    assert set(answered(desk)) == {2, 5}


async def test_answers_wait_while_nobody_says_who_has_the_service(desk: Desk) -> None:
    desk.peers.catalog.codes = ("WIRELESS_MUSIC", "FETION")
    for_others = campaign_pb2.Trigger(name="u", recipient="12520", template=OFFER, unless_services=["FETION"])
    await running(desk, for_others, campaign_pb2.Trigger(name="all", keyword="more", template="More of it"))
    await desk.tell(texts(2, recipient="12520"))
    await desk.tell(texts(5, recipient="10086", keyword="more"))
    desk.peers.catalog.away = True
    with pytest.raises(Unavailable):
        await desk.answer()
    # Whom svc-catalog is not asked about does not wait for it.
    assert answered(desk) == {5: "More of it"}
    desk.peers.catalog.away = False
    await desk.answer()
    assert set(answered(desk)) == {2, 5}


async def test_two_replicas_answer_everybody_once_between_them(desk: Desk) -> None:
    await running(desk)
    await desk.tell(texts(2, 3, 5, 6, 8, 9))
    await asyncio.gather(*(desk.answer() for _ in range(4)))
    await desk.answer()
    assert set(answered(desk)) == {2, 3, 5, 6, 8, 9}


async def test_what_came_to_be_known_too_late_is_not_answered_any_more(desk: Desk) -> None:
    await running(desk)
    await desk.tell(texts(2))
    desk.clock.at += ANSWER_LIFE
    assert await desk.answer() == 1
    assert (answered(desk), await desk.answer()) == ({}, 0)


@pytest.mark.parametrize("at", [LAUNCHED_AT - INSTANT, CLOSES_AT])
async def test_outside_the_window_nothing_is_answered(desk: Desk, at: Any) -> None:
    await running(desk)
    await desk.tell(texts(2, at=at))
    desk.clock.at = at
    await desk.answer()
    assert (await responded(desk), answered(desk)) == ({}, {})


async def test_a_life_that_ended_is_not_answered(desk: Desk) -> None:
    await running(desk)
    ended = segment_facts.EndedSubscriber(subscriber_id=2, ended_on="2026-11-01")
    await desk.tell(segment_facts.SubscribersEnded(subscribers=[ended]))
    await desk.tell(texts(2, 3, at=LAUNCHED_AT + timedelta(days=40)))
    await desk.answer()
    assert answered(desk) == {}


@pytest.mark.parametrize("durably", [True, False])
async def test_answers_that_got_lost_on_their_way_are_handed_over_again_and_sent_once(
    desk: Desk, durably: bool
) -> None:
    await running(desk)
    await desk.tell(texts(2, 3))
    desk.peers.channel.fail_after = len(desk.peers.channel.submissions)
    desk.peers.channel.fail_durably = durably
    with pytest.raises(Unavailable):
        await desk.answer()
    desk.clock.at += timedelta(minutes=1)
    await desk.answer()
    assert set(answered(desk)) == {2, 3}
    assert await desk.answer() == 0
    (left,) = await desk.fetch("SELECT count(*) FROM answer_batch WHERE payload IS NOT NULL")
    assert left["count"] == 0


async def test_a_quiet_arm_is_written_to_by_nobody_at_the_launch_and_rewarded_once_it_was_answered(
    desk: Desk,
) -> None:
    campaign_id = await running(desk)
    assert set(desk.peers.channel.texts()) == {3, 6, 9}
    assert (await desk.report(campaign_id))["mens"].contacted == 0
    await desk.tell(texts(2))
    await desk.answer()
    report = await desk.report(campaign_id)
    assert (report["mens"].contacted, report["mens"].subscribers) == (1, 3)
    assert (report["womens"].contacted, report["holdout"].contacted) == (3, 0)


async def test_two_triggers_of_a_plan_are_answered_once_each(desk: Desk) -> None:
    again = campaign_pb2.Trigger(name="more", keyword="more", template="More of it")
    await running(desk, UPLINK, again)
    for _ in range(2):
        await desk.tell(texts(2, keyword="more"))
        await desk.answer()
    assert [batch for _, batch in answers(desk)] == [{2: OFFER}, {2: "More of it"}]


async def test_a_trigger_may_not_name_a_service_that_the_catalogue_does_not_have(desk: Desk) -> None:
    trigger = campaign_pb2.Trigger(name="u", recipient="12520", template=OFFER, unless_services=["FETION"])
    draft = await desk.create(triggers=[trigger])
    with pytest.raises(InvalidInput) as refusal:
        await desk.step("Submit", draft.id, who=MAKER)
    assert refusal.value.violations[0].field == "plan.triggers[0].unless_services[0]"
