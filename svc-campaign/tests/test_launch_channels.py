"""A launch over other channels than SMS: what the arms are told goes to svc-channel with its channel, chain and cell."""

import json
from typing import Any

import pyarrow as pa
import pytest

from carillon.campaign.v1 import campaign_pb2
from carillon.channel.v1 import message_pb2
from carillon_chassis.errors import InvalidInput, Unavailable

from .desk import HOLDOUT, MENS, WOMENS, Desk

CHAIN = campaign_pb2.Arm(
    name="pictures",
    segment_id=str(MENS),
    template="Tones of {zip_code|your town}",
    channel="mms",
    content={"resource": "tones"},
    push={"kind": "si", "href": "{link}"},
    fallback="Tones: {link}",
    cell="440-1",
)
NOTICE = campaign_pb2.Arm(
    name="notice", segment_id=str(WOMENS), template="Tones by *100#", channel="ussd", fallback="Tones by *100# or text"
)
HELD = campaign_pb2.Arm(name="holdout", segment_id=str(HOLDOUT), holdout=True)


def told(desk: Desk, channel: int) -> tuple[message_pb2.SubmitMessagesRequest, list[dict[str, Any]]]:
    """The one batch of a channel, and its rows."""
    [request] = [one for one in desk.peers.channel.requests.values() if one.channel == channel]
    return request, pa.ipc.open_stream(request.arrow_ipc).read_all().to_pylist()


async def test_each_arm_is_told_by_its_own_channel_with_what_follows_where_that_fails(desk: Desk) -> None:
    campaign_id = await desk.running(arms=[CHAIN, NOTICE, HELD])
    request, rows = told(desk, message_pb2.CHANNEL_MMS)
    assert (request.cell, request.sender) == ("440-1", "10086")
    assert [row["subscriber_id"] for row in rows] == [2, 5, 8]
    link = json.loads(rows[0]["push"])["href"]
    assert link.startswith("http://127.0.0.1:8080/r/")
    assert rows[0] == {
        "subscriber_id": 2,
        "text": "Tones of zip_code-2",
        "content": b'{"resource": "tones"}',
        "push": json.dumps({"href": link, "kind": "si", "text": "Tones of zip_code-2"}).encode(),
        "fallback": f"Tones: {link}",
    }
    request, rows = told(desk, message_pb2.CHANNEL_USSD)
    assert (request.cell, len(rows)) == ("", 3)
    assert rows[0] == {"subscriber_id": 3, "text": "Tones by *100#", "fallback": "Tones by *100# or text"}
    campaign = await desk.get(campaign_id)
    assert list(campaign.plan.arms) == [CHAIN, NOTICE, HELD]
    report = await desk.report(campaign_id)
    assert {name: arm.contacted for name, arm in report.items()} == {"pictures": 3, "notice": 3, "holdout": 0}


@pytest.mark.parametrize("durably", [True, False])
async def test_a_launch_that_broke_hands_the_same_batch_over_by_the_same_channel(desk: Desk, durably: bool) -> None:
    desk.peers.channel.fail_after = 0
    desk.peers.channel.fail_durably = durably
    campaign_id = await desk.launched(arms=[CHAIN, HELD])
    with pytest.raises(Unavailable):
        await desk.run_launch(campaign_id)
    # The stand-in refuses a batch that comes again with anything else in it.
    await desk.run_launch(campaign_id)
    request, rows = told(desk, message_pb2.CHANNEL_MMS)
    assert (request.cell, len(rows)) == ("440-1", 3)


async def test_an_arm_that_names_no_channel_is_told_by_sms_as_before(desk: Desk) -> None:
    await desk.running()
    for request in desk.peers.channel.requests.values():
        assert (request.channel, request.cell) == (message_pb2.CHANNEL_SMS, "")
        assert pa.ipc.open_stream(request.arrow_ipc).schema.names == ["subscriber_id", "text"]


async def test_a_plan_that_a_channel_can_not_carry_is_refused_at_once(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await desk.create(arms=[campaign_pb2.Arm(name="a", segment_id=str(MENS), template="x", channel="mms")])
    assert (refusal.value.reason, refusal.value.field) == ("CONTENT_MISSING", "plan.arms.content")
    with pytest.raises(InvalidInput) as refusal:
        await desk.create(
            arms=[campaign_pb2.Arm(name="a", segment_id=str(MENS), channel="mms", content={"resource": "{tones"})]
        )
    assert (refusal.value.reason, refusal.value.field) == ("TEMPLATE_SYNTAX", "plan.arms[0].content[resource]")
