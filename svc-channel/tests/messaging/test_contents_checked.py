"""What a channel could not show is refused at the intake, with its place and reason, and never first at a line."""

import json
from typing import Any

import pytest

from carillon.channel.v1 import message_pb2, single_pb2
from carillon.segment.v1 import handset_pb2
from carillon_chassis.errors import InvalidInput
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, new_campaign, request
from .pushes import push_rows
from .test_fallbacks import PICTURE, keep_picture
from .test_singles import Desk

PUSH = b'{"kind": "si", "href": "http://a.cn/1", "text": "a"}'
OFFER = b'{"kind": "client_download"}'
MMS, WAP, MARKET = message_pb2.CHANNEL_MMS, message_pb2.CHANNEL_WAP_PUSH, message_pb2.CHANNEL_MOBILE_MARKET


@pytest.mark.parametrize(
    ("channel", "contents", "reasons"),
    [
        (MMS, [PICTURE, b"{}", b'{"resource": "nothing"}', b"[", PICTURE], {1: "MMS_RESOURCE", 2: "RESOURCE_UNKNOWN", 3: "MMS_CONTENT"}),
        (WAP, [b"{", PUSH, b'{"kind": "si", "href": "javascript:x", "text": "a"}'], {0: "PUSH_CONTENT", 2: "PUSH_HREF"}),
        (MARKET, [OFFER, b'{"kind": "telex"}', b'{"kind": "app_download"}'], {1: "MARKET_CONTENT", 2: "MARKET_ITEMS"}),
    ],
)  # fmt: skip
async def test_a_batch_names_the_rows_that_its_channel_can_not_show(
    house: House, quiet_client: Client, channel: Any, contents: list[bytes], reasons: dict[int, str]
) -> None:
    await keep_picture(house.database)
    campaign = new_campaign()
    batch = request(campaign, arrow_ipc=push_rows(list(enumerate(contents, start=11))), channel=channel)
    [taken] = await quiet_client.submit(batch)
    assert {one.row: one.reason for one in taken.refused} == reasons
    assert taken.accepted == len(contents)
    # They end before any line sees them, and are told like every other end.
    assert await house.ended(campaign) == ([], {row + 11: reason for row, reason in reasons.items()})
    assert (await quiet_client.progress(campaign)).queued == len(contents) - len(reasons)
    [again] = await quiet_client.submit(batch)
    assert (again.replayed, list(again.refused)) == (True, [])


async def test_a_batch_asks_for_its_handsets_once_and_one_of_texts_not_at_all(
    house: House, quiet_client: Client
) -> None:
    await keep_picture(house.database)
    rows = push_rows([(one, PICTURE) for one in range(1, 301)])
    await quiet_client.submit(request(new_campaign(), arrow_ipc=rows, channel=MMS))
    assert house.segment.handset_calls == 1
    await quiet_client.submit(request(new_campaign(), [(1, "a")]))
    await quiet_client.submit(request(new_campaign(), arrow_ipc=push_rows([(1, PUSH)]), channel=WAP))
    assert house.segment.handset_calls == 1


@pytest.mark.parametrize(
    ("channel", "data", "reason"),
    [
        ("mms", {"resource": "nothing"}, "RESOURCE_UNKNOWN"),
        ("mms", {"subject": "x"}, "MMS_RESOURCE"),
        ("mms", {"resource": "tones", "handset": {"mms_octets": 1}}, "MMS_CONTENT"),
        ("wap_push", {"kind": "si", "href": "javascript:x", "text": "a"}, "PUSH_HREF"),
        ("mobile_market", {"kind": "telex"}, "MARKET_CONTENT"),
    ],
)
async def test_a_single_message_that_its_channel_can_not_show_is_refused_at_its_place(
    house: House, serving: Serving, channel: str, data: dict[str, Any], reason: str
) -> None:
    await keep_picture(house.database)
    wrong = single_pb2.SingleContent(data=json.dumps(data).encode())
    service = build(house.settings())
    async with serving(service, with_workers=False) as wire:
        desk = Desk(wire)
        with pytest.raises(InvalidInput) as refused:
            await desk.send(channel=channel, content=wrong)
        assert (refused.value.reason, refused.value.field) == (reason, "content")
        if channel == "wap_push":
            with pytest.raises(InvalidInput) as refused:
                step = single_pb2.FallbackStep(channel=channel, content=wrong)
                await desk.send(channel="mms", content=single_pb2.SingleContent(data=PICTURE), fallback=[step])
            assert (refused.value.reason, refused.value.field) == (reason, "fallback[0].content")
    assert await house.fetch("SELECT 1 FROM message") == []
    await service.database.close()


async def test_a_single_multimedia_message_is_kept_with_the_limits_of_its_handset(
    house: House, serving: Serving
) -> None:
    await keep_picture(house.database)
    house.segment.handsets = [handset_pb2.Handset(subscriber_ids=[7], mms_octets=30720)]
    service = build(house.settings())
    async with serving(service, with_workers=False) as wire:
        await Desk(wire).send(channel="mms", content=single_pb2.SingleContent(data=PICTURE))
    [kept] = await house.fetch("SELECT content FROM message")
    assert json.loads(kept["content"]) == {"resource": "tones", "handset": {"mms_octets": 30720}}
    await service.database.close()
