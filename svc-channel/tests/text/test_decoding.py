"""Reading what subscribers send: every octet gives a text, whatever it claims to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.text.decoding import Concatenation, decode_text
from svc_channel.domain.text.gsm7 import decode_gsm7


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"\x00\x02\x11\x12", "@$_Φ"),
        (b"\x1b\x65\x1b\x3c", "€["),
        (b"a\x1b", "a "),
        (b"\x1bA", "A"),
        (b"\x1b\x1b", " "),
        (b"\xff", "\ufffd"),
        (b"\x7f", "à"),
        (b"\x09", "Ç"),
    ],
)
def test_septets_are_read_by_gsm_0338(septets: bytes, text: str) -> None:
    assert decode_gsm7(septets) == text


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"yes \x00", 0x00, "yes @"),
        (b"yes @", 0x01, "yes @"),
        (b"caf\xe9", 0x03, "café"),
        (bytes.fromhex("4e2d6587"), 0x08, "中文"),
        (bytes.fromhex("d83dde00"), 0x08, "😀"),
        (bytes.fromhex("4e2d65"), 0x08, "中\ufffd"),
        (b"*100#", 0x0F, "*100#"),
        (b"\x01\xff", 0x04, "\x01\xff"),
        (b"\x80", 0x01, "\ufffd"),
    ],
)
def test_the_data_coding_says_how_octets_are_read(octets: bytes, data_coding: int, text: str) -> None:
    assert decode_text(octets, data_coding=data_coding, has_header=False).text == text


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("050003010201", Concatenation(reference=1, total=2, number=1)),
        ("06080412340303", Concatenation(reference=0x1234, total=3, number=3)),
        ("0b0504158a0000000301020a", None),
        ("0b0504158a00000003010202", Concatenation(reference=1, total=2, number=2)),
        ("0605040b8423f0", None),
        ("050003010200", None),
        ("0400030102", None),
        ("00", None),
    ],
)
def test_the_header_says_where_a_part_belongs(header: str, part: Concatenation | None) -> None:
    read = decode_text(bytes.fromhex(header) + b"hi", data_coding=0, has_header=True)
    assert (read.part, read.text) == (part, "hi")


def test_a_header_longer_than_the_message_is_taken_as_text() -> None:
    read = decode_text(b"\x20hi", data_coding=1, has_header=True)
    assert (read.part, read.text) == (None, " hi")


@given(octets=st.binary(max_size=200), data_coding=st.integers(0, 255), has_header=st.booleans())
def test_no_octets_are_refused(octets: bytes, data_coding: int, has_header: bool) -> None:
    assert isinstance(decode_text(octets, data_coding=data_coding, has_header=has_header).text, str)
