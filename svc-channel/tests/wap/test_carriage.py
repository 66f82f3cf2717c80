"""What a wap_push message carries: its JSON, and the short messages it becomes."""

import json
from typing import Any

import pytest
from hypothesis import given

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.mms.notification import decode_notification
from svc_channel.domain.wap.carriage import count_push, cut_push, read_content, write_content
from svc_channel.domain.wap.indications import Indication, ServiceIndication, SignalAction
from svc_channel.domain.wap.port_segments import join_parts, read_part
from svc_channel.domain.wap.push_pdu import decode_push
from svc_channel.domain.wap.wbxml_reader import read_wbxml

from .wap_documents import indications


@given(indications)
def test_content_reads_back_and_its_short_messages_carry_it(indication: Indication) -> None:
    content = write_content(indication)
    assert read_content(content) == indication
    segments = cut_push(content, reference=200)
    assert len(segments) == count_push(content)
    push = decode_push(join_parts([read_part(segment.short_message) for segment in segments]))
    assert push.transaction == 200
    assert read_wbxml(push.body) == indication


def test_a_notification_of_a_multimedia_message_goes_to_the_mms_client() -> None:
    said = {
        "kind": "mms",
        "transaction": "T42",
        "sender": "+10086",
        "size": 30_720,
        "expires_seconds": 86_400,
        "location": "http://mms.example.com/42",
    }
    content = json.dumps(said).encode()
    (segment,) = cut_push(content, reference=7)
    push = decode_push(read_part(segment.short_message).octets)
    assert (push.content_type, push.application) == (0xBE, 4)
    assert decode_notification(push.body) == read_content(content)


def test_an_indication_without_an_action_comes_at_medium_loudness() -> None:
    content = b'{"kind": "si", "href": "http://a.cn/1", "text": "hi", "expires": "2026-12-01T08:00:00+08:00"}'
    read = read_content(content)
    assert isinstance(read, ServiceIndication)
    assert (read.action, str(read.expires)) == (SignalAction.MEDIUM, "2026-12-01 08:00:00+08:00")


REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "PUSH_CONTENT"),
    "not UTF-8": (b"\xff\xfe\xfa", "PUSH_CONTENT"),
    "a list": ([], "PUSH_CONTENT"),
    "nested without end": (b"[" * 10_000, "PUSH_CONTENT"),
    "no kind": ({"href": "http://a.cn/1"}, "PUSH_CONTENT"),
    "a kind that is no text": ({"kind": 7}, "PUSH_CONTENT"),
    "a kind that is a list": ({"kind": []}, "PUSH_CONTENT"),
    "a kind of nobody": ({"kind": "co", "href": "http://a.cn/1"}, "PUSH_CONTENT"),
    "a field of nobody": ({"kind": "sl", "href": "http://a.cn/1", "text": "x"}, "PUSH_CONTENT"),
    "a text that is a number": ({"kind": "si", "href": "http://a.cn/1", "text": 1}, "PUSH_CONTENT"),
    "an action of the other kind": ({"kind": "sl", "href": "http://a.cn/1", "action": "delete"}, "PUSH_ACTION"),
    "a moment that is none": ({"kind": "si", "href": "http://a.cn/1", "text": "x", "created": "now"}, "PUSH_MOMENT"),
    "a moment of nowhere": (
        {"kind": "si", "href": "http://a.cn/1", "text": "x", "created": "2026-01-01T00:00:00"},
        "PUSH_MOMENT",
    ),
    "a size that is a text": ({"kind": "mms", "size": "1"}, "PUSH_CONTENT"),
    "a notification of nothing": ({"kind": "mms", "size": 1}, "MMS_NOTIFICATION"),
    "no link": ({"kind": "si", "text": "x"}, "PUSH_HREF"),
    "too many octets": (b" " * 17_000, "PUSH_CONTENT"),
    "too long for a handset": ({"kind": "si", "href": "http://a.cn/1", "text": "铃" * 400}, "PUSH_TOO_LONG"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_content_that_no_push_can_carry_is_refused_with_its_reason(case: str) -> None:
    content, reason = REFUSED[case]
    with pytest.raises(InvalidInput) as refused:
        count_push(content if isinstance(content, bytes) else json.dumps(content).encode())
    assert refused.value.reason == reason
