"""Cutting a byte stream into frames, however TCP delivers it and whatever a length field claims."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.smpp import codec, commands, pdus
from svc_channel.domain.smpp.errors import BrokenStream
from svc_channel.domain.smpp.framer import MAXIMUM_PAYLOAD_PDU, MAXIMUM_PLAIN_PDU, Framer

FRAMES = [
    codec.encode(pdus.EnquireLink(), 1),
    codec.encode(pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"x" * 100), 2),
    codec.encode(pdus.SubmitSmResp(message_id="abc"), 3),
    codec.encode(pdus.DeliverSm(source="1", destination="2", tlvs=((0x0424, b"y" * 5000),)), 4),
]
STREAM = b"".join(FRAMES)


def test_frames_come_whole_whichever_octet_the_stream_is_cut_at() -> None:
    for cut in range(len(STREAM) + 1):
        framer = Framer()
        assert [*framer.feed(STREAM[:cut]), *framer.feed(STREAM[cut:])] == FRAMES
        assert framer.buffered == 0


def test_frames_come_whole_when_every_octet_arrives_alone() -> None:
    framer = Framer()
    assert [frame for at in range(len(STREAM)) for frame in framer.feed(STREAM[at : at + 1])] == FRAMES


@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_frames_come_whole_in_pieces_of_any_size(sizes: list[int]) -> None:
    framer = Framer()
    found: list[bytes] = []
    position = 0
    while position < len(STREAM):
        for size in sizes:
            found += framer.feed(STREAM[position : position + size])
            position += size
    assert found == FRAMES


@pytest.mark.parametrize(
    ("length", "command"),
    [
        (0, commands.ENQUIRE_LINK),
        (15, commands.ENQUIRE_LINK),
        (MAXIMUM_PLAIN_PDU + 1, commands.ENQUIRE_LINK),
        (MAXIMUM_PLAIN_PDU + 1, commands.SUBMIT_SM_RESP),
        (MAXIMUM_PAYLOAD_PDU + 1, commands.SUBMIT_SM),
        (0xFFFFFFFF, commands.DELIVER_SM),
    ],
)
def test_a_length_that_no_pdu_has_breaks_the_stream_before_its_body_is_awaited(length: int, command: int) -> None:
    with pytest.raises(BrokenStream):
        list(Framer().feed(struct.pack("!II", length, command)))


def test_a_length_over_every_limit_is_refused_from_its_four_octets_alone() -> None:
    with pytest.raises(BrokenStream):
        list(Framer().feed(b"\xff\xff\xff\xff"))


def test_sound_frames_before_a_broken_length_are_still_given() -> None:
    frames = Framer().feed(FRAMES[0] + b"\x00\x00\x00\x05")
    assert next(frames) == FRAMES[0]
    with pytest.raises(BrokenStream):
        next(frames)


def test_no_more_than_one_unfinished_frame_is_held() -> None:
    framer = Framer()
    unfinished = struct.pack("!II", MAXIMUM_PAYLOAD_PDU, commands.SUBMIT_SM) + b"\0" * (MAXIMUM_PAYLOAD_PDU - 9)
    assert not list(framer.feed(unfinished))
    assert framer.buffered == MAXIMUM_PAYLOAD_PDU - 1
    assert len(list(framer.feed(b"\0" + FRAMES[0]))) == 2
    assert framer.buffered == 0
