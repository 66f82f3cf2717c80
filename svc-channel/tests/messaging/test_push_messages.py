"""A wap_push message from its batch to its receipt, over an SMPP line (CHN-07, CHN-16)."""

import json
from datetime import UTC, datetime

from carillon.channel.v1 import message_pb2
from svc_channel.domain.wap.carriage import write_content
from svc_channel.domain.wap.indications import Indication, ServiceIndication, ServiceLoading, SignalAction
from svc_channel.domain.wap.port_segments import PortPart, join_parts, read_part
from svc_channel.domain.wap.push_pdu import decode_push
from svc_channel.domain.wap.wbxml_reader import read_wbxml
from svc_channel.simulators.messages.journal import Accepted, read_journal

from .house import Client, House, new_campaign, request, until
from .pushes import push_rows

AUDITION = ServiceIndication(
    href="http://wap.example.com/tones/600902?to=audition",
    text="试听彩铃",
    action=SignalAction.HIGH,
    si_id="600902@carillon",
    created=datetime(2026, 11, 21, 12, tzinfo=UTC),
    expires=datetime(2026, 12, 31, tzinfo=UTC),
)
LONG = ServiceIndication(href="http://wap.example.com/tones/600903", text="点击试听," * 24, si_id="600903@carillon")
LOADING = ServiceLoading(href="https://wap.example.com/top")


async def accepted(house: House, count: int) -> list[Accepted]:
    """So many short messages, once the SMSC has them."""
    found: list[Accepted] = []
    smsc = house.smsc.process
    assert smsc is not None

    async def enough() -> bool:
        found[:] = [record for record in read_journal(smsc.journal) if isinstance(record, Accepted)]
        return len(found) >= count

    await until(enough)
    return found


async def test_pushes_leave_as_binary_segments_from_10086_and_end_with_their_receipts(
    house: House, client: Client
) -> None:
    campaign_id = new_campaign()
    sent: list[Indication] = [AUDITION, LONG, LOADING]
    rows = [(number, write_content(indication)) for number, indication in enumerate(sent, start=1)]
    batch = request(campaign_id, arrow_ipc=push_rows(rows), channel=message_pb2.CHANNEL_WAP_PUSH)
    [taken] = await client.submit(batch)
    assert taken.accepted == 3
    progress = await client.until_ended(campaign_id, 3)
    assert (progress.delivered, progress.failed) == (3, 0)
    assert await house.ended(campaign_id) == ([1, 2, 3], {})
    records = await accepted(house, 5)
    assert {record.source for record in records} == {"10086"}
    assert {(record.data_coding, record.esm_class) for record in records} == {(4, 0x40)}
    parts: dict[str, list[PortPart]] = {}
    for record in records:
        parts.setdefault(record.destination, []).append(read_part(record.short_message))
    assert sorted(len(group) for group in parts.values()) == [1, 1, 3]
    read = [read_wbxml(decode_push(join_parts(group)).body) for group in parts.values()]
    assert sorted(map(repr, read)) == sorted(map(repr, sent))


async def test_a_push_that_no_handset_could_read_ends_at_once_with_its_reason(
    house: House, quiet_client: Client
) -> None:
    campaign_id = new_campaign()
    rows = [
        (1, write_content(AUDITION)),
        (2, b"{"),
        (3, json.dumps({"kind": "si", "href": "javascript:alert(1)", "text": "x"}).encode()),
        (4, json.dumps({"kind": "si", "href": "http://a.cn/1", "text": "铃" * 400}).encode()),
    ]
    batch = request(campaign_id, arrow_ipc=push_rows(rows), channel=message_pb2.CHANNEL_WAP_PUSH)
    [taken] = await quiet_client.submit(batch)
    assert (taken.accepted, taken.replayed) == (4, False)
    delivered, failed = await house.ended(campaign_id)
    assert (delivered, failed) == ([], {2: "PUSH_CONTENT", 3: "PUSH_HREF", 4: "PUSH_TOO_LONG"})
    [again] = await quiet_client.submit(batch)
    assert again.replayed
