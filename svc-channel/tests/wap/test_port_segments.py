"""Pushes as PDUs and as binary short messages for port 2948: pinned octets, limits, and octets of nobody."""

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.indications import ServiceIndication, ServiceLoading
from svc_channel.domain.wap.octets import Octets, encode_uintvar
from svc_channel.domain.wap.port_segments import (
    SEGMENT_OCTETS,
    count_push_segments,
    join_parts,
    read_part,
    segment_push,
)
from svc_channel.domain.wap.push_pdu import TYPE_MMS, PushPdu, decode_push, encode_push, push_of
from svc_channel.domain.wap.wbxml_reader import read_wbxml

MEMORY_LIMIT = 20 * 1024 * 1024


@pytest.mark.parametrize(("value", "octets"), [(0, "00"), (127, "7f"), (128, "8100"), (0xFFFFFFFF, "8fffffff7f")])
def test_a_uintvar_is_written_and_read(value: int, octets: str) -> None:
    assert encode_uintvar(value).hex() == octets
    assert Octets(bytes.fromhex(octets)).uintvar() == value


def test_a_uintvar_over_32_bits_is_refused() -> None:
    for octets in ("9fffffff7f", "ffffffffff7f"):
        with pytest.raises(MalformedPush):
            Octets(bytes.fromhex(octets)).uintvar()
    with pytest.raises(ValueError, match="uintvar"):
        encode_uintvar(1 << 32)


def test_a_short_indication_is_one_message_for_port_2948() -> None:
    push = push_of(ServiceIndication(href="http://a.cn/1", text="hi"), transaction=0x101)
    octets = encode_push(push)
    assert octets[:7].hex() == "01060403ae81ea"
    (segment,) = segment_push(octets, reference=7)
    assert (segment.data_coding, segment.esm_class, segment.total) == (4, 0x40, 1)
    assert segment.short_message == bytes.fromhex("0605040b8423f0") + octets


def test_a_loading_and_a_multimedia_notice_have_their_types() -> None:
    loading = encode_push(push_of(ServiceLoading(href="http://a.cn/1"), transaction=2))
    assert loading[:7].hex() == "02060403b081ea"
    notice = encode_push(PushPdu(transaction=3, content_type=TYPE_MMS, body=b"\x8c\x82", application=4))
    assert notice.hex() == "030603beaf848c82"


@pytest.mark.parametrize(("octets", "parts"), [(0, 1), (133, 1), (134, 2), (256, 2), (257, 3), (1024, 8)])
def test_a_long_push_is_cut_at_128_octets(octets: int, parts: int) -> None:
    push = bytes(range(256)) * 4
    segments = segment_push(push[:octets], reference=0xA7)
    assert (len(segments), count_push_segments(push[:octets])) == (parts, parts)
    assert all(len(segment.short_message) <= 140 for segment in segments)
    if parts > 1:
        assert segments[1].short_message[:12].hex() == f"0b05040b8423f00003a7{parts:02x}02"
        assert len(segments[0].short_message) == 12 + SEGMENT_OCTETS


def test_a_push_of_more_than_eight_parts_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        segment_push(bytes(1025), reference=1)
    assert refused.value.reason == "PUSH_TOO_LONG"


def test_a_reference_of_more_than_one_octet_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        segment_push(b"", reference=256)
    assert refused.value.reason == "REFERENCE_OUT_OF_RANGE"


@given(st.binary(max_size=1024), st.integers(0, 255), st.randoms())
def test_parts_join_in_whatever_order_they_come(push: bytes, reference: int, chance: random.Random) -> None:
    parts = [read_part(segment.short_message) for segment in segment_push(push, reference=reference)]
    chance.shuffle(parts)
    assert join_parts(parts) == push
    assert {(part.destination_port, part.origin_port) for part in parts} == {(2948, 9200)}


def test_parts_that_do_not_belong_together_are_refused() -> None:
    first = [read_part(segment.short_message) for segment in segment_push(bytes(300), reference=1)]
    second = [read_part(segment.short_message) for segment in segment_push(bytes(300), reference=2)]
    for parts in ([], first[:-1], [*first[:-1], second[-1]]):
        with pytest.raises(MalformedPush):
            join_parts(parts)


BROKEN_PARTS = {
    "no octets": ("", "PUSH_TRUNCATED"),
    "a header past the end": ("0605040b84", "PUSH_TRUNCATED"),
    "an element past the header": ("0305040b", "PUSH_TRUNCATED"),
    "no ports": ("050003010101", "PUSH_PORTS"),
    "part 3 of 2": ("0b05040b8423f00003010203", "PUSH_PLACE"),
}


@pytest.mark.parametrize("case", BROKEN_PARTS)
def test_a_broken_part_is_refused_with_its_reason(case: str) -> None:
    octets, reason = BROKEN_PARTS[case]
    with pytest.raises(MalformedPush) as refused:
        read_part(bytes.fromhex(octets))
    assert refused.value.reason == reason


BROKEN_PUSHES = {
    "no octets": ("", "PUSH_TRUNCATED"),
    "another PDU": ("0104", "PUSH_TYPE"),
    "headers past the end": ("01060903ae81ea", "PUSH_TRUNCATED"),
    "a type in words": ("01060578792f7a00", "PUSH_CONTENT_TYPE"),
}


@pytest.mark.parametrize("case", BROKEN_PUSHES)
def test_a_broken_push_is_refused_with_its_reason(case: str) -> None:
    octets, reason = BROKEN_PUSHES[case]
    with pytest.raises(MalformedPush) as refused:
        decode_push(bytes.fromhex(octets))
    assert refused.value.reason == reason


def test_headers_of_others_are_passed_over() -> None:
    # Content type in its long form, a text header, a header of octets, then the application.
    headers = bytes.fromhex("03ae81ea8d616263008502aabbaf84")
    push = decode_push(bytes((1, 6, len(headers))) + headers + b"body")
    assert (push.content_type, push.utf8, push.application, push.body) == (0xAE, True, 4, b"body")


def test_ten_thousand_random_and_cut_messages_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    push = encode_push(push_of(ServiceIndication(href="http://a.cn/1", text="试听" * 90), transaction=9))
    sound = [segment.short_message for segment in segment_push(push, reference=9)]
    tracemalloc.start()
    refused = 0
    try:
        for _ in range(10_000):
            octets = bytearray(chance.choice(sound) if chance.random() < 0.7 else chance.randbytes(140))
            octets[chance.randrange(len(octets))] = chance.randrange(256)
            octets = octets[: chance.randrange(len(octets) + 1)]
            try:
                read_wbxml(decode_push(read_part(bytes(octets)).octets).body)
            except MalformedPush:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 9_000
    assert peak < MEMORY_LIMIT
