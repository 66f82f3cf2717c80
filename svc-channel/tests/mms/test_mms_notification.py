"""m-notification-ind: pinned octets, what is written reads back, octets of nobody, and tshark."""

import random
import shutil
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.mms.notification import (
    MmsNotification,
    decode_notification,
    encode_notification,
    notification_push,
)
from svc_channel.domain.smpp import codec, pdus
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.port_segments import segment_push
from svc_channel.domain.wap.push_pdu import decode_push, encode_push

NOTICE = MmsNotification(
    transaction="T42", sender="+10086", size=30_720, expires_seconds=86_400, location="http://mms.example.com/42"
)
# tshark and an independent codec read these octets.
OCTETS = bytes.fromhex(
    "8c82" "9854343200" "8d90" "8912802b31303038362f545950453d504c4d4e00" "8a81" "8e027800" "88058103015180" "83"
) + b"http://mms.example.com/42\0"  # fmt: skip
TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
MEMORY_LIMIT = 20 * 1024 * 1024


def test_the_pinned_octets_are_written_and_read() -> None:
    assert encode_notification(NOTICE) == OCTETS
    assert decode_notification(OCTETS) == NOTICE


@given(TEXTS, TEXTS, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), TEXTS)
def test_what_is_written_reads_back(transaction: str, sender: str, size: int, seconds: int, location: str) -> None:
    notice = MmsNotification(
        transaction=transaction,
        sender=sender.removesuffix("/TYPE=PLMN") or "1",
        size=size,
        expires_seconds=seconds,
        location=location,
    )
    assert decode_notification(encode_notification(notice)) == notice


def test_it_goes_to_the_mms_client_by_a_push() -> None:
    push = decode_push(encode_push(notification_push(NOTICE, transaction=9)))
    assert (push.content_type, push.application, push.body) == (0xBE, 4, OCTETS)


BROKEN = {
    "nothing": (b"", "PUSH_TRUNCATED"),
    "another PDU": (b"\x8c\x84", "MMS_TYPE"),
    "a cut end": (OCTETS[:-1], "PUSH_TRUNCATED"),
    "no location": (OCTETS[: OCTETS.index(b"\x83http")], "MMS_FIELD"),
    "a header twice": (OCTETS + b"\x8a\x81", "MMS_FIELD"),
    "no header": (OCTETS + b"\x05", "MMS_FIELD"),
    "an expiry at a date": (OCTETS.replace(b"\x88\x05\x81", b"\x88\x05\x80"), "MMS_EXPIRY"),
    "a number too long": (OCTETS.replace(b"\x8e\x02\x78\x00", b"\x8e\x05\1\1\1\1\1"), "MMS_NUMBER"),
    "a text that is none": (OCTETS.replace(b"T42", b"T\xff2"), "MMS_TEXT"),
    "a text that shows nothing": (OCTETS.replace(b"T42", b"T\x072"), "MMS_NOTIFICATION"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_notification_is_refused_with_its_reason(case: str) -> None:
    octets, reason = BROKEN[case]
    with pytest.raises(MalformedPush) as refused:
        decode_notification(octets)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "changes", [{"sender": ""}, {"location": "http://中"}, {"size": -1}, {"expires_seconds": 2**32}]
)
def test_a_notification_that_no_octets_hold_is_refused(changes: dict[str, Any]) -> None:
    whole = {"transaction": "1", "sender": "+10086", "size": 1, "expires_seconds": 1, "location": "http://a.cn/1"}
    with pytest.raises(InvalidInput):
        MmsNotification(**{**whole, **changes})


def test_ten_thousand_random_and_cut_notifications_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    tracemalloc.start()
    refused = 0
    try:
        for _ in range(10_000):
            octets = bytearray(OCTETS if chance.random() < 0.7 else b"\x8c\x82" + chance.randbytes(80))
            for _ in range(1 + chance.randrange(4)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            try:
                decode_notification(bytes(octets[: chance.randrange(len(octets) + 1)]))
            except MalformedPush:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 9_000
    assert peak < MEMORY_LIMIT


@pytest.mark.peers
def test_tshark_reads_the_notification_in_a_short_message(tmp_path: Path) -> None:
    if shutil.which("tshark") is None or shutil.which("text2pcap") is None:
        pytest.skip("tshark is not installed (Debian: tshark)")
    (segment,) = segment_push(encode_push(notification_push(NOTICE, transaction=9)), reference=1)
    frame = codec.encode(
        pdus.SubmitSm(
            source="10086",
            destination="8613800138000",
            short_message=segment.short_message,
            data_coding=segment.data_coding,
            esm_class=segment.esm_class,
        ),
        1,
    )
    text, capture = tmp_path / "frame.txt", tmp_path / "frame.pcap"
    text.write_text("".join(f"{at:06x} {frame[at : at + 16].hex(' ')}\n" for at in range(0, len(frame), 16)))
    _run("text2pcap", "-q", "-T", "5000,2775", str(text), str(capture))
    said = _run("tshark", "-r", str(capture), "-d", "tcp.port==2775,smpp", "-T", "json")
    for phrase in (
        '"mmse.transaction_id": "T42"',
        '"mmse.message_size": "30720"',
        '"mmse.content_location": "http://mms.example.com/42"',
        '"mmse.from": "+10086/TYPE=PLMN"',
    ):
        assert phrase in said
    assert "alformed" not in said


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 -- our own octets
    return done.stdout
