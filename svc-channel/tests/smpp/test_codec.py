"""The SMPP 3.4 layouts, octet by octet: what is written and read; must not open a connection."""

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.smpp import codec, commands, pdus, statuses
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu, UnknownCommand
from svc_channel.domain.smpp.tlvs import MESSAGE_PAYLOAD, MESSAGE_STATE, RECEIPTED_MESSAGE_ID, SC_INTERFACE_VERSION

SUBMIT = pdus.SubmitSm(
    source="10086",
    source_ton=0,
    source_npi=1,
    destination="8613800138000",
    short_message=b"hello",
    registered_delivery=pdus.REGISTERED_RECEIPT,
)
SUBMIT_BODY = (
    "00"  # service_type
    "00 01 3130303836 00"  # source 10086, TON 0 NPI 1
    "01 01 38363133383030313338303030 00"  # destination, TON 1 NPI 1
    "00 00 00"  # esm_class, protocol_id, priority_flag
    "00 00"  # schedule_delivery_time, validity_period
    "01 00 00 00"  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id
    "05 68656c6c6f"  # sm_length, short_message
)
BIND = pdus.Bind(system_id="carillon", password="secret", system_type="CVM")

FRAMES = [
    (pdus.EnquireLink(), 1, 0, "00000010 00000015 00000000 00000001"),
    (pdus.EnquireLinkResp(), 0x7FFFFFFF, 0, "00000010 80000015 00000000 7fffffff"),
    (pdus.Unbind(), 2, 0, "00000010 00000006 00000000 00000002"),
    (pdus.UnbindResp(), 2, 0, "00000010 80000006 00000000 00000002"),
    (pdus.GenericNack(), 7, statuses.INVALID_COMMAND_ID, "00000010 80000000 00000003 00000007"),
    (
        BIND,
        1,
        0,
        "00000028 00000009 00000000 00000001 636172696c6c6f6e 00 736563726574 00 43564d 00 34 00 00 00",
    ),
    (
        pdus.BindResp(system_id="smsc", tlvs=((SC_INTERFACE_VERSION, b"\x34"),)),
        1,
        0,
        "0000001a 80000009 00000000 00000001 736d7363 00 0210 0001 34",
    ),
    (pdus.BindResp(), 1, statuses.INVALID_PASSWORD, "00000010 80000009 0000000e 00000001"),
    (SUBMIT, 3, 0, "00000038 00000004 00000000 00000003" + SUBMIT_BODY),
    (pdus.SubmitSmResp(message_id="0000000001"), 3, 0, "0000001b 80000004 00000000 00000003 30303030303030303031 00"),
    (pdus.SubmitSmResp(), 3, statuses.THROTTLED, "00000010 80000004 00000058 00000003"),
    (pdus.DeliverSmResp(), 9, 0, "00000011 80000005 00000000 00000009 00"),
]

ascii_text = st.text(st.characters(min_codepoint=1, max_codepoint=127))
octet = st.integers(0, 255)
tlvs = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=4).map(tuple)
fields = {
    "source": st.text("0123456789", max_size=20),
    "destination": st.text("0123456789", max_size=20),
    "short_message": st.binary(max_size=254),
    "data_coding": octet,
    "esm_class": octet,
    "registered_delivery": octet,
    "source_ton": octet,
    "source_npi": octet,
    "destination_ton": octet,
    "destination_npi": octet,
    "service_type": ascii_text.filter(lambda text: len(text) <= 5),
    "protocol_id": octet,
    "priority_flag": octet,
    "schedule_delivery_time": st.sampled_from(["", "261121120000032+"]),
    "validity_period": st.sampled_from(["", "000001000000000R"]),
    "replace_if_present_flag": octet,
    "sm_default_msg_id": octet,
    "tlvs": tlvs,
}
messages = st.one_of(st.builds(pdus.SubmitSm, **fields), st.builds(pdus.DeliverSm, **fields))


@pytest.mark.parametrize(("pdu", "sequence", "status", "octets"), FRAMES)
def test_a_pdu_is_written_as_the_specification_lays_it_out(
    pdu: pdus.Pdu, sequence: int, status: int, octets: str
) -> None:
    assert codec.encode(pdu, sequence, status) == bytes.fromhex(octets)


@pytest.mark.parametrize(("pdu", "sequence", "status", "octets"), FRAMES)
def test_a_written_pdu_is_read_as_the_same_value(pdu: pdus.Pdu, sequence: int, status: int, octets: str) -> None:
    assert codec.decode(bytes.fromhex(octets)) == codec.Envelope(status, sequence, pdu)


@given(pdu=messages, sequence=st.integers(1, 0x7FFFFFFF), status=st.integers(0, 0xFFFFFFFF))
def test_any_message_survives_the_wire_unchanged(pdu: pdus.SubmitSm, sequence: int, status: int) -> None:
    assert codec.decode(codec.encode(pdu, sequence, status)) == codec.Envelope(status, sequence, pdu)


@given(body=st.binary(max_size=300), command=st.sampled_from([1, 2, 4, 5, 6, 9, 0x15, 0x80000004, 0x80000009]))
def test_octets_at_random_are_read_or_refused_as_malformed_and_nothing_else(body: bytes, command: int) -> None:
    frame = struct.pack("!IIII", 16 + len(body), command, 0, 1) + body
    with contextlib.suppress(MalformedPdu):
        codec.decode(frame)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_submit_cut_anywhere_is_refused(cut: int) -> None:
    body = bytes.fromhex(SUBMIT_BODY)
    assert len(body) == 40
    frame = struct.pack("!IIII", 16 + len(body) - cut, commands.SUBMIT_SM, 0, 1) + body[:-cut]
    with pytest.raises(MalformedPdu):
        codec.decode(frame)


def test_vendor_parameters_pass_through_in_order_and_repeated() -> None:
    vendor = ((0x1400, b"a"), (0x3FFF, b""), (0x1400, b"b"))
    pdu = pdus.DeliverSm(source="1", destination="2", tlvs=vendor)
    assert codec.decode(codec.encode(pdu, 1)).pdu == pdu


def test_an_unknown_command_is_refused_with_the_status_of_a_generic_nack() -> None:
    with pytest.raises(UnknownCommand) as refused:
        codec.decode(bytes.fromhex("00000010 00000021 00000000 00000001"))
    assert refused.value.status == statuses.INVALID_COMMAND_ID


def test_a_frame_whose_length_field_lies_breaks_the_stream() -> None:
    with pytest.raises(BrokenStream):
        codec.decode(bytes.fromhex("00000011 00000015 00000000 00000001"))


def test_a_parameter_longer_than_the_pdu_is_refused() -> None:
    frame = bytearray(codec.encode(pdus.DeliverSm(source="1", destination="2", tlvs=((0x001E, b"abc\0"),)), 1))
    frame[-5] += 1
    with pytest.raises(MalformedPdu) as refused:
        codec.decode(bytes(frame))
    assert (refused.value.reason, refused.value.status) == ("TLV_CUT", statuses.INVALID_OPTIONAL_PART)


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("source", "1" * 21, statuses.INVALID_SOURCE),
        ("source", "é", statuses.INVALID_SOURCE),
        ("destination", "1" * 21, statuses.INVALID_DESTINATION),
        ("destination", "1\x002", statuses.INVALID_DESTINATION),
        ("service_type", "123456", statuses.INVALID_SERVICE_TYPE),
        ("short_message", b"x" * 255, statuses.INVALID_MESSAGE_LENGTH),
    ],
)
def test_a_message_that_no_pdu_can_hold_is_refused_on_creation(field: str, value: Any, status: int) -> None:
    values: dict[str, Any] = {"source": "1", "destination": "2", field: value}
    with pytest.raises(MalformedPdu) as refused:
        pdus.SubmitSm(**values)
    assert refused.value.status == status


@pytest.mark.parametrize(
    "wrong", [{"system_id": "x" * 16}, {"password": "x" * 9}, {"system_type": "x" * 13}, {"address_range": "x" * 41}]
)
def test_a_bind_with_a_field_too_long_is_refused_on_creation(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedPdu):
        pdus.Bind(**{"system_id": "a", "password": "b", **wrong})


def test_an_octet_field_out_of_range_is_refused_when_written() -> None:
    with pytest.raises(MalformedPdu):
        codec.encode(pdus.SubmitSm(source="1", destination="2", data_coding=256), 1)


def test_a_password_does_not_show_in_a_bind_written_to_a_log() -> None:
    assert "secret" not in repr(BIND)


def test_a_long_payload_travels_as_message_payload_and_nowhere_else() -> None:
    long = pdus.SubmitSm(source="1", destination="2", tlvs=((MESSAGE_PAYLOAD, b"x" * 60_000),))
    read = codec.decode(codec.encode(long, 1)).pdu
    assert isinstance(read, pdus.SubmitSm)
    assert read.payload == b"x" * 60_000
    padded = pdus.SubmitSm(source="1", destination="2", tlvs=((0x1400, b"x" * 60_000),))
    with pytest.raises(MalformedPdu):
        codec.decode(codec.encode(padded, 1))


@pytest.mark.parametrize(("esm_class", "is_receipt"), [(0x00, False), (0x40, False), (0x04, True), (0x20, True)])
def test_a_receipt_is_told_from_a_subscribers_message_by_its_esm_class(esm_class: int, is_receipt: bool) -> None:
    assert pdus.DeliverSm(source="1", destination="2", esm_class=esm_class).is_receipt is is_receipt


def test_the_statuses_and_parameters_have_the_numbers_of_the_specification() -> None:
    numbers = {
        statuses.INVALID_MESSAGE_LENGTH: 0x01,
        statuses.INVALID_COMMAND_ID: 0x03,
        statuses.ALREADY_BOUND: 0x05,
        statuses.SYSTEM_ERROR: 0x08,
        statuses.INVALID_SOURCE: 0x0A,
        statuses.INVALID_DESTINATION: 0x0B,
        statuses.BIND_FAILED: 0x0D,
        statuses.INVALID_PASSWORD: 0x0E,
        statuses.INVALID_SYSTEM_ID: 0x0F,
        statuses.MESSAGE_QUEUE_FULL: 0x14,
        statuses.SUBMIT_FAILED: 0x45,
        statuses.THROTTLED: 0x58,
        RECEIPTED_MESSAGE_ID: 0x1E,
        MESSAGE_STATE: 0x427,
        MESSAGE_PAYLOAD: 0x424,
    }
    assert all(ours == theirs for ours, theirs in numbers.items())
    assert {0x58, 0x14} == statuses.THROTTLING
    assert statuses.status_name(0x58) == "THROTTLED"
    assert statuses.status_name(0x400) == "STATUS_00000400"
