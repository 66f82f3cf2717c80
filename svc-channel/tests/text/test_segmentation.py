"""How many short messages a text costs and where it may be cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.text.decoding import Concatenation, decode_text
from svc_channel.domain.text.gsm7 import decode_gsm7, encode_gsm7
from svc_channel.domain.text.segmentation import MAXIMUM_PARTS, count_segments, segment_text

GSM7_CHARACTERS = [decode_gsm7(bytes((code,))) for code in range(128) if code != 0x1B]
EXTENSION_CHARACTERS = list("^{}\\[~]|€\f")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 7, 2),
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("中" * 84, 2),
        ("中" * 134, 2),
        ("中" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 159 + "中", 3),
        ("a" * 152 + "€" * 2 + "a" * 150, 3),
        ("^{}\\[~]|€\f" * 8, 1),
        ("中" * 66 + "😀" + "中" * 66, 3),
        ("亲爱的客户,您的彩铃已开通,回复TD退订。" * 4, 2),
    ],
)
def test_a_text_costs_as_many_messages_as_its_alphabet_says(text: str, parts: int) -> None:
    segments = segment_text(text, reference=1)
    assert count_segments(text) == len(segments) == parts
    for segment in segments:
        body = segment.short_message[6:] if parts > 1 else segment.short_message
        if segment.data_coding == 0:
            assert not body.endswith(b"\x1b")
        else:
            body.decode("utf-16-be")  # half a surrogate pair would not be read


def test_no_part_ends_between_escape_and_its_character() -> None:
    first, second = segment_text("a" * 152 + "€" + "b" * 20, reference=1)
    assert first.short_message[6:] == b"a" * 152
    assert second.short_message[6:8] == b"\x1b\x65"


def test_no_part_ends_inside_a_surrogate_pair() -> None:
    first, second = segment_text("中" * 66 + "😀" + "中" * 10, reference=1)
    assert first.short_message[6:].decode("utf-16-be") == "中" * 66
    assert second.short_message[6:].decode("utf-16-be") == "😀" + "中" * 10


def test_the_parts_of_a_long_chinese_text_carry_the_headers_kannel_writes() -> None:
    parts = segment_text("中" * 84, reference=1)
    assert [part.short_message[:6].hex() for part in parts] == ["050003010201", "050003010202"]
    assert [(part.data_coding, part.esm_class) for part in parts] == [(8, 0x40), (8, 0x40)]
    assert all(len(part.short_message) <= 140 for part in parts)


def test_a_single_message_has_no_header() -> None:
    (only,) = segment_text("hello", reference=1)
    assert (only.short_message, only.esm_class, only.data_coding, only.total) == (b"hello", 0, 0, 1)


@given(text=st.text(max_size=700), reference=st.integers(0, 255))
def test_the_parts_joined_again_are_the_text(text: str, reference: int) -> None:
    parts = segment_text(text, reference=reference)
    read = [
        decode_text(part.short_message, data_coding=part.data_coding, has_header=bool(part.esm_class & 0x40))
        for part in parts
    ]
    assert "".join(part.text for part in read) == text
    if len(parts) > 1:
        expected = [Concatenation(reference=reference, total=len(parts), number=at + 1) for at in range(len(parts))]
        assert [part.part for part in read] == expected
        limit = 159 if parts[0].data_coding == 0 else 140
        assert all(len(part.short_message) <= limit for part in parts)


@given(text=st.text(st.sampled_from(GSM7_CHARACTERS + EXTENSION_CHARACTERS), max_size=400))
def test_every_text_of_the_gsm_alphabet_is_sent_in_it_and_read_back(text: str) -> None:
    septets = encode_gsm7(text)
    assert septets is not None
    assert decode_gsm7(b"".join(septets)) == text


def test_more_parts_than_the_header_counts_are_refused() -> None:
    assert count_segments("a" * 153 * MAXIMUM_PARTS) == MAXIMUM_PARTS
    with pytest.raises(InvalidInput) as refused:
        count_segments("a" * 153 * MAXIMUM_PARTS + "a")
    assert (refused.value.reason, refused.value.field) == ("TEXT_TOO_LONG", "text")


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        segment_text("中\ud83d", reference=1)
    assert refused.value.reason == "TEXT_NOT_UNICODE"


@pytest.mark.parametrize("reference", [-1, 256])
def test_a_reference_that_is_no_octet_is_refused(reference: int) -> None:
    with pytest.raises(InvalidInput):
        segment_text("a", reference=reference)
