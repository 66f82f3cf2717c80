"""Whole chains in batches: an MMS, the WAP push that follows it and the SMS at the end, as campaigns plan them."""

from typing import Any

import pyarrow as pa
import pytest

from carillon.channel.v1 import message_pb2
from carillon.segment.v1 import handset_pb2
from carillon_chassis.errors import Conflict, InvalidInput
from svc_channel.domain.fallback import read_fallback

from .house import Client, House, ipc, new_campaign, request
from .test_fallbacks import PICTURE, keep_picture

PUSH = b'{"kind": "si", "href": "http://a.cn/1", "text": "a"}'
WHOLE: dict[str, Any] = {"content": PICTURE, "push": PUSH, "fallback": "plain"}


def rows(*told: dict[str, Any]) -> bytes:
    """Rows to subscribers 1, 2, ... with these columns."""
    names = [name for name in ("content", "push", "fallback") if any(name in one for one in told)]
    columns = {"subscriber_id": pa.array(range(1, len(told) + 1), pa.uint32()), "text": pa.array([""] * len(told))}
    for name in names:
        kind = pa.string() if name == "fallback" else pa.binary()
        columns[name] = pa.array([one.get(name) for one in told], kind)
    return ipc(pa.table(columns))


async def kept(house: House) -> list[tuple[str, str, int, list[str]]]:
    """Each message: state, channel, how many ways were left out, and what may follow."""
    found = await house.fetch(
        "SELECT state::text, channel::text, step, fallback::text FROM message ORDER BY subscriber_id"
    )
    return [
        (one["state"], one["channel"], one["step"], [way.channel for way in read_fallback(one["fallback"])])
        for one in found
    ]


async def test_a_row_begins_with_what_its_handset_shows_and_keeps_the_rest(house: House, quiet_client: Client) -> None:
    """CHN-14: MMS, then WAP push, then SMS."""
    await keep_picture(house.database)
    house.segment.handsets = [
        handset_pb2.Handset(subscriber_ids=[2], mms=False),
        handset_pb2.Handset(subscriber_ids=[3, 5], mms=False, wap_push=False),
    ]
    campaign = new_campaign()
    told = [WHOLE, WHOLE, WHOLE, {"content": PICTURE, "push": PUSH}, {"content": PICTURE, "push": PUSH}]
    await quiet_client.submit(request(campaign, arrow_ipc=rows(*told), channel=message_pb2.CHANNEL_MMS))
    assert await kept(house) == [
        ("queued", "mms", 0, ["wap_push", "sms"]),
        ("queued", "wap_push", 1, ["sms"]),
        ("queued", "sms", 2, []),
        ("queued", "mms", 0, ["wap_push"]),
        # Nothing that its handset shows is left.
        ("failed", "mms", 0, []),
    ]
    assert await house.ended(campaign) == ([], {5: "HANDSET_INCAPABLE"})


async def test_a_push_that_no_handset_could_read_fails_its_row_before_anybody_relies_on_it(
    house: House, quiet_client: Client
) -> None:
    await keep_picture(house.database)
    campaign = new_campaign()
    broken = {**WHOLE, "push": b'{"kind": "si"}'}
    await quiet_client.submit(request(campaign, arrow_ipc=rows(broken, WHOLE), channel=message_pb2.CHANNEL_MMS))
    (delivered, failed) = await house.ended(campaign)
    assert (delivered, set(failed)) == ([], {1})
    assert failed[1].startswith("PUSH_")


@pytest.mark.parametrize("channel", [message_pb2.CHANNEL_SMS, message_pb2.CHANNEL_USSD, message_pb2.CHANNEL_WAP_PUSH])
async def test_a_push_follows_nothing_but_an_mms(house: House, quiet_client: Client, channel: Any) -> None:
    with pytest.raises(InvalidInput, match="CHAIN_INVALID"):
        await quiet_client.submit(request(new_campaign(), arrow_ipc=rows({"push": PUSH}), channel=channel))
    assert await kept(house) == []


async def test_the_same_batch_with_another_push_is_another_content(house: House, quiet_client: Client) -> None:
    await keep_picture(house.database)
    campaign = new_campaign()
    for _ in range(2):
        await quiet_client.submit(request(campaign, arrow_ipc=rows(WHOLE), channel=message_pb2.CHANNEL_MMS))
    other = rows({**WHOLE, "push": PUSH.replace(b"a.cn", b"b.cn")})
    with pytest.raises(Conflict, match="BATCH_CONFLICT"):
        await quiet_client.submit(request(campaign, arrow_ipc=other, channel=message_pb2.CHANNEL_MMS))
    assert len(await kept(house)) == 1
