"""Texts cut for CMPP: formats, parts, and the room an operator's signature takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.cmpp.pdus import FORMAT_ASCII, FORMAT_BINARY, FORMAT_GBK, FORMAT_UCS2
from svc_channel.domain.cmpp.texts import TextPart, WideFormat, cut_text, read_text

GBK, UCS2 = WideFormat.GBK, WideFormat.UCS2


def read(part: TextPart) -> str:
    """What a handset shows of a part."""
    return read_text(part.content, message_format=part.message_format, has_header=part.has_header).text


@pytest.mark.parametrize(
    ("text", "wide", "room", "parts", "message_format"),
    [
        ("", UCS2, 0, 1, FORMAT_ASCII),
        ("a" * 160, UCS2, 0, 1, FORMAT_ASCII),
        ("a" * 161, UCS2, 0, 2, FORMAT_ASCII),
        ("a" * 306, GBK, 0, 2, FORMAT_ASCII),
        ("a" * 307, GBK, 0, 3, FORMAT_ASCII),
        ("[]{}@$_", UCS2, 0, 1, FORMAT_ASCII),
        ("中" * 70, UCS2, 0, 1, FORMAT_UCS2),
        ("中" * 71, UCS2, 0, 2, FORMAT_UCS2),
        ("中" * 134, UCS2, 0, 2, FORMAT_UCS2),
        ("中" * 135, UCS2, 0, 3, FORMAT_UCS2),
        ("中" * 70, GBK, 0, 1, FORMAT_GBK),
        # GBK's octets would fit, the handset's UCS2 would not.
        ("中" + "a" * 70, GBK, 0, 2, FORMAT_GBK),
        ("€中", GBK, 0, 1, FORMAT_UCS2),
        ("中😀", GBK, 0, 1, FORMAT_UCS2),
        ("😀" * 35, UCS2, 0, 1, FORMAT_UCS2),
        ("😀" * 36, UCS2, 0, 2, FORMAT_UCS2),
        # A signature of six characters, such as the operator's name in its brackets, adds a part exactly here.
        ("中" * 64, UCS2, 6, 1, FORMAT_UCS2),
        ("中" * 65, UCS2, 6, 2, FORMAT_UCS2),
        ("中" * 122, UCS2, 6, 2, FORMAT_UCS2),
        ("中" * 123, UCS2, 6, 3, FORMAT_UCS2),
        ("a" * 64, UCS2, 6, 1, FORMAT_UCS2),
        ("a" * 65, GBK, 6, 2, FORMAT_GBK),
    ],
)
def test_a_text_costs_so_many_parts(text: str, wide: WideFormat, room: int, parts: int, message_format: int) -> None:
    cut = cut_text(text, reference=7, wide=wide, signature_room=room)
    assert len(cut) == parts
    assert {part.message_format for part in cut} == {message_format}
    assert "".join(read(part) for part in cut) == text
    assert all(len(part.content) <= (160 if message_format == FORMAT_ASCII else 140) for part in cut)
    signed = [len(read(part).encode("utf-16-be")) // 2 + room + 3 * part.has_header for part in cut]
    assert message_format == FORMAT_ASCII or max(signed) <= 70


def test_parts_carry_one_reference_their_number_and_the_total() -> None:
    parts = cut_text("中" * 84, reference=9)
    assert [part.content[:6].hex() for part in parts] == ["050003090201", "050003090202"]
    assert all(part.has_header for part in parts)
    decoded = read_text(parts[1].content, message_format=FORMAT_UCS2, has_header=True)
    assert decoded.part is not None
    assert (decoded.part.reference, decoded.part.total, decoded.part.number) == (9, 2, 2)


@given(text=st.text(max_size=400), wide=st.sampled_from(WideFormat), room=st.integers(0, 30))
def test_no_part_ends_inside_a_character_and_together_they_are_the_text(text: str, wide: WideFormat, room: int) -> None:
    parts = cut_text(text, reference=0, wide=wide, signature_room=room)
    assert "".join(read(part) for part in parts) == text
    assert all("\ufffd" not in read(part) for part in parts) or "\ufffd" in text


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        ("中" * 67 * 256, {}, "TEXT_TOO_LONG"),
        ("\ud800", {}, "TEXT_NOT_UNICODE"),
        ("中", {"reference": 256}, "REFERENCE_OUT_OF_RANGE"),
        ("中", {"signature_room": 31}, "SIGNATURE_ROOM_OUT_OF_RANGE"),
        ("中", {"signature_room": -1}, "SIGNATURE_ROOM_OUT_OF_RANGE"),
    ],
)
def test_what_no_parts_can_hold_is_refused_with_a_reason(text: str, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        cut_text(text, **{"reference": 0, **changes})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("content", "message_format", "text"),
    [
        (b"yes", FORMAT_ASCII, "yes"),
        ("彩铃".encode("gbk"), FORMAT_GBK, "彩铃"),
        # Some gateways mark GBK as ASCII.
        ("彩铃".encode("gbk"), FORMAT_ASCII, "彩铃"),
        ("彩铃".encode("utf-16-be"), FORMAT_UCS2, "彩铃"),
        (b"\xd8", FORMAT_UCS2, "\ufffd"),
        (b"\x00\xff", FORMAT_BINARY, "\x00\xff"),
    ],
)
def test_a_subscribers_text_is_read_in_every_format_and_never_refused(
    content: bytes, message_format: int, text: str
) -> None:
    assert read_text(content, message_format=message_format, has_header=False).text == text
