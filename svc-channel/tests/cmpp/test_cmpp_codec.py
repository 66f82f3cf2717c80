"""The CMPP 2.0 and 3.0 layouts, octet by octet: what is written and read; must not open a connection."""

import contextlib
import dataclasses
import random
import struct
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.cmpp import codec, commands, pdus, results
from svc_channel.domain.cmpp.authenticator import authenticate_source
from svc_channel.domain.cmpp.errors import BrokenStream, MalformedPdu, UnknownCommand
from svc_channel.domain.cmpp.framer import MAXIMUM_PDU, Framer
from svc_channel.domain.cmpp.reports import parse_report

V2, V3 = commands.VERSION_20, commands.VERSION_30
TRIES = 10_000
MOST_GROWTH = 20 * 2**20

SUBMIT = pdus.Submit(
    service_number="10086",
    destinations=("8613800138000",),
    content=b"hello",
    message_source="900001",
    service="CVM",
    fee_code="000000",
)
DELIVER = pdus.Deliver(message_id=7, service_number="10086", source="8613800138000", content=b"yes")


def field(text: str, size: int) -> str:
    """A text as its padded field, in hexadecimal."""
    return text.encode().ljust(size, b"\0").hex()


SUBMIT_HEAD = "0000000000000000 01 01 01 00" + field("CVM", 10) + "00"
SUBMIT_MIDDLE = (
    "00 00 00" + field("900001", 6) + field("01", 2) + field("000000", 6) + "00" * 34 + field("10086", 21) + "01"
)
SUBMIT_20 = SUBMIT_HEAD + "00" * 21 + SUBMIT_MIDDLE + field("8613800138000", 21) + "05 68656c6c6f" + "00" * 8
SUBMIT_30 = SUBMIT_HEAD + "00" * 33 + SUBMIT_MIDDLE + field("8613800138000", 32) + "00 05 68656c6c6f" + "00" * 20
DELIVER_20 = (
    "0000000000000007" + field("10086", 21) + "00" * 13 + field("8613800138000", 21) + "00 03 796573" + "00" * 8
)
DELIVER_30 = (
    "0000000000000007" + field("10086", 21) + "00" * 13 + field("8613800138000", 32) + "00 00 03 796573" + "00" * 20
)
# The vector of an independent codec (gocmpp's own tests): user 900001, secret 888888.
CONNECT = pdus.Connect(
    source="900001",
    authenticator=authenticate_source("900001", "888888", 1021080510),
    version=0x21,
    timestamp=1021080510,
)
CONNECT_OCTETS = "000000270000000100000017 393030303031 90d00c1d517abd0b4f65f6bcf8535d16 21 3cdc73be"
DIGEST = bytes(range(16))

FRAMES: list[tuple[pdus.Pdu, int, int, str]] = [
    (CONNECT, 0x17, V2, CONNECT_OCTETS),
    (
        pdus.ConnectResp(status=0, authenticator=DIGEST, version=V2),
        1,
        V2,
        f"0000001e 80000001 00000001 00 {DIGEST.hex()} 20",
    ),
    (
        pdus.ConnectResp(status=3, authenticator=DIGEST, version=V3),
        1,
        V3,
        f"00000021 80000001 00000001 00000003 {DIGEST.hex()} 30",
    ),
    (SUBMIT, 2, V2, "000000a4 00000004 00000002" + SUBMIT_20),
    (SUBMIT, 2, V3, "000000c8 00000004 00000002" + SUBMIT_30),
    (pdus.SubmitResp(message_id=0xBAD5E00004D20007), 2, V2, "00000015 80000004 00000002 bad5e00004d20007 00"),
    (
        pdus.SubmitResp(message_id=0, result=results.FLOW_CONTROL),
        2,
        V3,
        "00000018 80000004 00000002 0000000000000000 00000008",
    ),
    (DELIVER, 3, V2, "00000058 00000005 00000003" + DELIVER_20),
    (DELIVER, 3, V3, "00000070 00000005 00000003" + DELIVER_30),
    (pdus.DeliverResp(message_id=7), 3, V2, "00000015 80000005 00000003 0000000000000007 00"),
    (pdus.DeliverResp(message_id=7, result=9), 3, V3, "00000018 80000005 00000003 0000000000000007 00000009"),
    (pdus.ActiveTest(), 4, V2, "0000000c 00000008 00000004"),
    (pdus.ActiveTestResp(), 4, V3, "0000000d 80000008 00000004 00"),
    (pdus.Terminate(), 5, V2, "0000000c 00000002 00000005"),
    (pdus.TerminateResp(), 5, V3, "0000000c 80000002 00000005"),
]

octet = st.integers(0, 255)
digits = st.text("0123456789", max_size=21)
name = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=6)
submits = st.builds(
    pdus.Submit,
    service_number=digits,
    destinations=st.lists(digits, min_size=1, max_size=100).map(tuple),
    content=st.binary(max_size=140),
    message_format=octet,
    has_header=st.booleans(),
    total=octet,
    number=octet,
    report_wanted=st.booleans(),
    level=octet,
    service=name,
    fee_user_type=octet,
    fee_terminal=digits,
    protocol_id=octet,
    message_source=name,
    fee_type=st.sampled_from(["01", "02"]),
    fee_code=name,
    valid_until=st.sampled_from(["", "261121120000032+"]),
    send_at=st.sampled_from(["", "000001000000000R"]),
)
delivers = st.builds(
    pdus.Deliver,
    message_id=st.integers(0, 2**64 - 1),
    service_number=digits,
    source=digits,
    content=st.binary(max_size=255),
    message_format=octet,
    has_header=st.booleans(),
    is_report=st.booleans(),
    service=name,
    protocol_id=octet,
)


@pytest.mark.parametrize(("pdu", "sequence", "version", "octets"), FRAMES)
def test_a_pdu_is_written_as_its_version_lays_it_out(pdu: pdus.Pdu, sequence: int, version: int, octets: str) -> None:
    assert codec.encode(pdu, sequence, version=version) == bytes.fromhex(octets)


@pytest.mark.parametrize(("pdu", "sequence", "version", "octets"), FRAMES)
def test_a_written_pdu_is_read_as_the_same_value(pdu: pdus.Pdu, sequence: int, version: int, octets: str) -> None:
    assert codec.decode(bytes.fromhex(octets), version=version) == codec.Envelope(sequence, pdu)


def test_the_sizes_are_those_of_the_specification() -> None:
    empty = pdus.Submit(service_number="", destinations=("1",), content=b"")
    assert len(codec.encode(empty, 1, version=V2)) == 12 + 126 + 21
    assert len(codec.encode(empty, 1, version=V3)) == 12 + 151 + 32
    nothing = pdus.Deliver(message_id=1, service_number="", source="", content=b"")
    assert len(codec.encode(nothing, 1, version=V2)) == 12 + 73
    assert len(codec.encode(nothing, 1, version=V3)) == 12 + 97
    assert len(codec.encode(CONNECT, 1, version=V2)) == 12 + 27


@given(pdu=st.one_of(submits, delivers), sequence=st.integers(0, 0xFFFFFFFF), version=st.sampled_from([V2, V3]))
def test_any_message_survives_the_wire_unchanged(pdu: pdus.Pdu, sequence: int, version: int) -> None:
    written = codec.encode(pdu, sequence, version=version)
    assert codec.decode(written, version=version) == codec.Envelope(sequence, pdu)


@given(pdu=submits, kind=octet, fee_kind=octet, link=st.text("0123456789", max_size=20))
def test_what_only_three_has_survives_in_three(pdu: pdus.Submit, kind: int, fee_kind: int, link: str) -> None:
    values = {name: getattr(pdu, name) for name in ("service_number", "destinations", "content", "message_format")}
    full = pdus.Submit(destination_type=kind, fee_terminal_type=fee_kind, link=link, fee_terminal="1" * 32, **values)
    assert codec.decode(codec.encode(full, 1, version=V3), version=V3).pdu == full


@pytest.mark.parametrize("version", [V2, V3])
@pytest.mark.parametrize("pdu", [SUBMIT, DELIVER])
def test_a_message_cut_anywhere_is_refused_with_a_wrong_length(pdu: pdus.Pdu, version: int) -> None:
    whole = codec.encode(pdu, 1, version=version)
    for end in range(12, len(whole)):
        frame = struct.pack("!I", end) + whole[4:end]
        with pytest.raises(MalformedPdu) as refused:
            codec.decode(frame, version=version)
        assert refused.value.result == results.WRONG_LENGTH


def test_ten_thousand_frames_of_noise_neither_crash_nor_keep_memory() -> None:
    rng = random.Random(5)
    known = [codec.encode(pdu, 1, version=version) for pdu, _, version, _ in FRAMES]
    numbers = [bytes.fromhex(octets)[4:8] for _, _, _, octets in FRAMES]
    before = psutil.Process().memory_info().rss
    for _ in range(TRIES):
        if rng.random() < 0.5:
            body = bytearray(rng.choice(numbers) + rng.randbytes(rng.randrange(4, 300)))
        else:
            body = bytearray(rng.choice(known)[4:])
            del body[rng.randrange(8, len(body) + 1) :]
            body[rng.randrange(len(body))] = rng.randrange(256)
        frame = struct.pack("!I", 4 + len(body)) + body
        framer = Framer()
        for version in (V2, V3):
            for whole in framer.feed(frame):
                with contextlib.suppress(MalformedPdu):
                    read = codec.decode(whole, version=version).pdu
                    if isinstance(read, pdus.Deliver) and read.is_report:
                        parse_report(read.content)
    assert psutil.Process().memory_info().rss - before < MOST_GROWTH


def test_frames_come_whole_whichever_octet_the_stream_is_cut_at() -> None:
    frames = [codec.encode(pdu, 1, version=version) for pdu, _, version, _ in FRAMES]
    stream = b"".join(frames)
    for cut in range(len(stream) + 1):
        framer = Framer()
        assert [*framer.feed(stream[:cut]), *framer.feed(stream[cut:])] == frames
        assert framer.buffered == 0
    framer = Framer()
    assert [frame for at in range(len(stream)) for frame in framer.feed(stream[at : at + 1])] == frames


@pytest.mark.parametrize("length", [0, 11, MAXIMUM_PDU + 1, 0xFFFFFFFF])
def test_a_length_that_no_pdu_has_breaks_the_stream_before_its_body_is_awaited(length: int) -> None:
    sound = codec.encode(pdus.ActiveTest(), 1, version=V2)
    frames = Framer().feed(sound + struct.pack("!I", length))
    assert next(frames) == sound
    with pytest.raises(BrokenStream):
        next(frames)


def test_the_largest_submit_fits_into_a_frame() -> None:
    largest = pdus.Submit(service_number="1" * 21, destinations=("1" * 32,) * 100, content=b"x" * 160)
    frame = codec.encode(largest, 1, version=V3)
    assert list(Framer().feed(frame)) == [frame]
    with pytest.raises(MalformedPdu):
        codec.encode(largest, 1, version=V2)


def test_an_active_tests_answer_is_read_without_its_reserved_octet_too() -> None:
    bare = bytes.fromhex("0000000c 80000008 00000004")
    assert codec.decode(bare, version=V2) == codec.Envelope(4, pdus.ActiveTestResp())


@pytest.mark.parametrize("version", [V2, V3])
def test_answers_are_read_in_the_width_of_either_version(version: int) -> None:
    answers = [pdu for pdu, _, _, _ in FRAMES if isinstance(pdu, (pdus.ConnectResp, pdus.SubmitResp, pdus.DeliverResp))]
    for pdu in answers:
        for written in (V2, V3):
            assert codec.decode(codec.encode(pdu, 1, version=written), version=version).pdu == pdu


def test_an_unknown_command_is_told_from_a_broken_one() -> None:
    with pytest.raises(UnknownCommand):
        codec.decode(bytes.fromhex("0000000c 00000006 00000001"), version=V2)
    with pytest.raises(BrokenStream):
        codec.decode(bytes.fromhex("0000000d 00000008 00000001"), version=V2)


@pytest.mark.parametrize(
    ("wrong", "result"),
    [
        ({"service_number": "1" * 22}, results.WRONG_SOURCE),
        ({"destinations": ()}, results.WRONG_DESTINATION),
        ({"destinations": ("1",) * 101}, results.WRONG_DESTINATION),
        ({"destinations": ("1" * 33,)}, results.WRONG_DESTINATION),
        ({"destinations": ("１３８",)}, results.WRONG_DESTINATION),  # noqa: RUF001 -- full-width digits are the point
        ({"content": b"x" * 161}, results.MESSAGE_TOO_LONG),
        ({"content": b"x" * 141, "message_format": pdus.FORMAT_UCS2}, results.MESSAGE_TOO_LONG),
        ({"service": "12345678901"}, results.WRONG_SERVICE),
        ({"message_source": "1234567"}, results.WRONG_MESSAGE_SOURCE),
        ({"fee_code": "1234567"}, results.WRONG_FEE_CODE),
        ({"fee_terminal": "1" * 33}, results.WRONG_FEE_TERMINAL),
    ],
)
def test_a_message_that_no_pdu_can_hold_is_refused_on_creation(wrong: dict[str, Any], result: int) -> None:
    values: dict[str, Any] = {"service_number": "10086", "destinations": ("1",), "content": b"", **wrong}
    with pytest.raises(MalformedPdu) as refused:
        pdus.Submit(**values)
    assert refused.value.result == result


@pytest.mark.parametrize("wrong", [{"source": "1234567"}, {"authenticator": b"short"}, {"timestamp": 2**32 - 1}])
def test_a_connect_with_a_field_no_wire_has_is_refused_on_creation(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedPdu):
        pdus.Connect(**{"source": "900001", "authenticator": DIGEST, "version": V2, "timestamp": 1, **wrong})


def test_an_octet_field_out_of_range_is_refused_when_written() -> None:
    for pdu in (dataclasses.replace(SUBMIT, level=256), dataclasses.replace(SUBMIT, destination_type=256)):
        with pytest.raises(MalformedPdu):
            codec.encode(pdu, 1, version=V3)
    with pytest.raises(MalformedPdu):
        codec.encode(pdus.SubmitResp(message_id=1, result=256), 1, version=V2)
