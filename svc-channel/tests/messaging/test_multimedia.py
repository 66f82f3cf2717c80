"""An mms message over MM7 from the resource library to its reports, and subscribers' multimedia messages (CHN-14)."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc, message_pb2, resource_pb2, resource_pb2_grpc
from carillon.segment.v1 import handset_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import LimitExceeded, NotFound, PermissionRefused
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.mm7 import codes
from svc_channel.domain.mm7.envelope import SCHEMAS, Release, read_envelope
from svc_channel.domain.mm7.reports import (
    MmStatus,
    Report,
    SubscriberMessage,
    write_report,
    write_subscriber_message,
)
from svc_channel.domain.mm7.submissions import mm7_type_of, read_answer
from svc_channel.domain.mms.content import MmsContent, slide_show, write_content
from svc_channel.domain.mms.resources import Rendition
from svc_channel.main import build
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.mmsc.center import CenterServer, CenterSettings, Fault

from .house import Client, House, ipc, new_campaign, request, until
from .http_servers import serving_thread
from .pushes import push_rows
from .segment import number_of

PASSWORD = "mms-of-one-run"
VARIABLE = "CARILLON_TEST_MMSC_PASSWORD"
BASIC = {"authorization": f"Basic {base64.b64encode(f'carillon:{PASSWORD}'.encode()).decode()}"}
TEXT_XML = "text/xml; charset=utf-8"
OLD = Release(namespace=f"{SCHEMAS}REL-5-MM7-1-0", version="5.3.0")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGE, SMALL, SOUND = bytes(60 * 1024), bytes(20 * 1024), b"#!AMR\n" + bytes(8 * 1024)


@pytest.fixture
def center(house: House) -> Iterator[CenterServer]:
    """A strict MMSC with numbers of every fault."""
    faults = (("06", Fault.REFUSE), ("07", Fault.SILENT), ("08", Fault.BUSY))
    settings = CenterSettings(user="carillon", password=PASSWORD, faults=faults)
    with serving_thread(CenterServer(("127.0.0.1", 0), settings, house.folder / "mmsc.jsonl", now=utc_now)) as server:
        yield server
    server.close()


def line_file(folder: Path, center: CenterServer) -> Path:
    line = {
        "name": "mmsc",
        "protocol": "mm7",
        "url": f"http://127.0.0.1:{center.server_address[1]}/mm7",
        "user": "carillon",
        "password_variable": VARIABLE,
        "vasp_id": "carillon",
        "vas_id": "tones",
        "namespace": OLD.namespace,
        "version": OLD.version,
        "handset_octets": 50 * 1024,
        "routes": ["mms"],
        "window": 4,
        "timeout_seconds": 0.5,
    }
    path = folder / "lines.json"
    path.write_text(json.dumps({"lines": [line], "routes": [{"name": "mms", "channels": ["mms"]}]}))
    return path


class Peer:
    """Calls the service as the gateway does: for the MMSC, and for whoever fills the library."""

    def __init__(self, channel: Any) -> None:
        self._callbacks = callback_pb2_grpc.CallbackServiceStub(channel)
        self._resources = resource_pb2_grpc.ResourceServiceStub(channel)

    async def tell(self, body: bytes, *, content_type: str = TEXT_XML, headers: dict[str, str] | None = None) -> Any:
        asked = callback_pb2.TakeCallbackRequest(
            protocol="mm7",
            line="mmsc",
            content_type=content_type,
            headers=BASIC if headers is None else headers,
            body=body,
        )
        answer = await invoke(self._callbacks.TakeCallback, asked)
        assert answer.status == 200
        envelope = read_envelope(answer.content_type, answer.body)
        return envelope.kind, read_answer(envelope).code, envelope.namespace

    async def add(self, resource: str, slot: int, media_type: str, octets: bytes) -> Any:
        asked = resource_pb2.AddRenditionRequest(resource=resource, slot=slot, media_type=media_type, octets=octets)
        return await invoke(self._resources.AddRendition, asked)

    async def get(self, resource: str) -> Any:
        return await invoke(self._resources.GetResource, resource_pb2.GetResourceRequest(resource=resource))


@pytest.fixture
async def channel(
    house: House, center: CenterServer, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    service = build(
        house.settings(lines=line_file(house.folder, center), doubt_policy_marketing="fail", doubt_hold_seconds=1.0)
    )
    async with serving(service) as channel:
        yield channel
    await service.database.close()


async def fill(peer: Peer) -> None:
    """A picture in two renditions and a tone."""
    await peer.add("tones", 1, "image/jpeg", LARGE)
    await peer.add("tones", 1, "image/jpeg", SMALL)
    await peer.add("tones", 2, "audio/amr", SOUND)


def report(message: dict[str, Any], status: MmStatus) -> bytes:
    told = Report(transaction="r", message_id=message["message_id"], msisdn=message["to"], status=status, at=utc_now())
    return write_report(told, OLD, sender="10086")


async def taken(house: House, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def enough() -> bool:
        found[:] = [one for one in read_lines(house.folder / "mmsc.jsonl") if one["record"] == "taken"]
        return len(found) >= count

    await until(enough)
    return sorted(found, key=lambda one: str(one["to"]))


def batch(campaign_id: str, subscribers: list[int], *, resource: str = "tones", text: str = "") -> Any:
    content = write_content(MmsContent(resource=resource, subject="彩铃"))
    rows = push_rows([(one, content) for one in subscribers], text=text)
    return request(campaign_id, arrow_ipc=rows, channel=message_pb2.CHANNEL_MMS)


async def test_a_message_shows_what_the_library_has_for_the_handset_and_ends_as_its_reports_say(
    house: House, channel: Any
) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    await fill(peer)
    await client.submit(batch(campaign_id, [1, 2, 3], text="http://go.example.com/r/abc"))
    messages = await taken(house, 3)
    assert {(one["from"], one["subject"]) for one in messages} == {("10086", "彩铃")}
    # The text of its own, the smaller picture, and the tone: 60 KiB would not fit the handset.
    assert messages[0]["slides"] == [["text/plain", 27], ["image/jpeg", len(SMALL)], ["audio/amr", len(SOUND)]]
    for one, status in zip(messages, (MmStatus.RETRIEVED, MmStatus.EXPIRED, MmStatus.DEFERRED), strict=True):
        assert await peer.tell(report(one, status)) == ("DeliveryReportRsp", codes.SUCCESS, OLD.namespace)
    # What was read was delivered, though no delivery report said so.
    assert (await peer.tell(report(messages[2], MmStatus.READ)))[:2] == ("ReadReplyRsp", codes.SUCCESS)
    progress = await client.until_ended(campaign_id, 3)
    assert (progress.delivered, progress.failed) == (2, 1)
    assert await house.ended(campaign_id) == ([1, 3], {2: "EXPIRED"})


async def test_each_handset_is_shown_what_it_takes_and_where_nothing_fits_the_sms_follows(
    house: House, channel: Any
) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    await fill(peer)
    house.segment.handsets = [
        handset_pb2.Handset(subscriber_ids=[1], mms=True, mms_octets=100 * 1024),
        handset_pb2.Handset(subscriber_ids=[3], mms=True, mms_octets=15 * 1024),
        handset_pb2.Handset(subscriber_ids=[4, 5], mms=True, mms_octets=9 * 1024),
    ]
    rows = pa.ipc.open_stream(batch(campaign_id, [1, 2, 3, 4, 5]).arrow_ipc).read_all()
    rows = rows.append_column("fallback", pa.array([None, None, None, "铃音", None], pa.string()))
    await client.submit(request(campaign_id, arrow_ipc=ipc(rows), channel=message_pb2.CHANNEL_MMS))
    shown = {one["to"]: one["slides"] for one in await taken(house, 3)}
    sound = ["audio/amr", len(SOUND)]
    assert shown == {
        number_of(1): [["image/jpeg", len(LARGE)], sound],
        # Of the second nothing is known: the line's own limit stands.
        number_of(2): [["image/jpeg", len(SMALL)], sound],
        number_of(3): [sound],
    }

    async def settled() -> bool:
        return await house.fetch("SELECT 1 FROM message WHERE state = 'failed'") != []

    await until(settled)
    assert (await house.ended(campaign_id))[1] == {5: "MMS_TOO_LARGE"}
    fallen = "SELECT m.channel::text, m.text, f.reason FROM message m JOIN failed_step f ON f.message_id = m.id"
    assert await house.fetch(fallen) == [{"channel": "sms", "text": "铃音", "reason": "MMS_TOO_LARGE"}]
    assert house.segment.handset_calls == 1


async def test_the_center_s_answers_become_what_they_mean(house: House, channel: Any) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    await fill(peer)
    await client.submit(batch(campaign_id, [6, 7, 8]))
    [silent, busy] = await taken(house, 2)
    await peer.tell(report(busy, MmStatus.RETRIEVED))
    progress = await client.until_ended(campaign_id, 3)
    assert (progress.delivered, progress.failed) == (1, 2)
    # MM7 knows no message that is sent again: marketing without an answer is not sent twice on a guess.
    assert await house.ended(campaign_id) == ([8], {6: "MM7_2002", 7: "UNKNOWN"})
    assert [one["to"] for one in await taken(house, 2)] == [silent["to"], busy["to"]]


async def test_what_the_library_does_not_have_ends_with_its_reason(house: House, channel: Any) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    await peer.add("huge", 1, "image/jpeg", LARGE)
    first, second = batch(campaign_id, [1], resource="nothing"), batch(campaign_id, [2], resource="huge")
    second.batch = 2
    await client.submit(first, second)
    await client.until_ended(campaign_id, 2)
    assert await house.ended(campaign_id) == ([], {1: "RESOURCE_UNKNOWN", 2: "MMS_EMPTY"})


async def test_a_subscriber_s_message_is_kept_once_with_its_texts(house: House, channel: Any) -> None:
    peer = Peer(channel)
    picture = Rendition(resource="r", slot=1, media_type="image/gif", octets=b"GIF89a")
    message = SubscriberMessage(transaction="mo-1", sender=number_of(3), recipient="10086", text="TP", at=NOON)
    body = write_subscriber_message(message, OLD, slide_show([picture], text="歌手一"))
    for _ in range(2):
        answer = await peer.tell(body, content_type=mm7_type_of(body))
        assert answer == ("DeliverRsp", codes.SUCCESS, OLD.namespace)
    [kept] = await house.fetch("SELECT sender, recipient, text FROM inbound")
    assert kept == {"sender": number_of(3), "recipient": "10086", "text": "TP\n歌手一"}


async def test_who_has_not_the_line_s_credentials_tells_nothing(house: House, channel: Any) -> None:
    peer = Peer(channel)
    message = SubscriberMessage(transaction="mo-1", sender=number_of(3), recipient="10086", text="TP", at=NOON)
    picture = Rendition(resource="r", slot=1, media_type="image/gif", octets=b"GIF89a")
    body = write_subscriber_message(message, OLD, slide_show([picture]))
    for headers in ({}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer x"}):
        with pytest.raises(PermissionRefused) as refused:
            await peer.tell(body, content_type=mm7_type_of(body), headers=headers)
        assert refused.value.reason == "CALLBACK_CREDENTIALS"
    assert await house.fetch("SELECT 1 FROM inbound") == []


async def test_what_is_no_mm7_is_answered_with_its_code(channel: Any) -> None:
    peer = Peer(channel)
    told = report({"message_id": "m", "to": number_of(1)}, MmStatus.RETRIEVED)
    assert (await peer.tell(b"<a>"))[:2] == ("VASPErrorRsp", codes.FORMAT_CORRUPT)
    assert (await peer.tell(told.replace(b"Retrieved", b"Eaten")))[:2] == ("DeliveryReportRsp", codes.VALIDATION_ERROR)
    unknown = told.replace(b"DeliveryReportReq", b"CancelReq")
    assert (await peer.tell(unknown))[:2] == ("VASPErrorRsp", codes.UNSUPPORTED_OPERATION)


async def test_the_library_keeps_each_rendition_once_and_tells_its_digest(channel: Any) -> None:
    peer = Peer(channel)
    first = await peer.add("tones", 1, "image/gif", SMALL)
    again = await peer.add("tones", 1, "image/gif", SMALL)
    assert (first.added, again.added) == (True, False)
    assert first.rendition.sha256 == hashlib.sha256(SMALL).hexdigest()
    for number in range(7):
        await peer.add("tones", 1, "image/gif", bytes([number]))
    with pytest.raises(LimitExceeded) as refused:
        await peer.add("tones", 1, "image/gif", b"one too many")
    assert refused.value.reason == "RESOURCE_RENDITIONS"
    assert not (await peer.add("tones", 1, "image/gif", SMALL)).added
    found = (await peer.get("tones")).renditions
    assert [one.size for one in found] == [1] * 7 + [len(SMALL)]
    with pytest.raises(NotFound) as missing:
        await peer.get("nothing")
    assert missing.value.reason == "RESOURCE_UNKNOWN"
