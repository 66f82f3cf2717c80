"""The layout that submit_sm and deliver_sm share, both ways; must not know headers or other PDUs."""

import struct
from typing import Final, TypeVar

from svc_channel.domain.smpp import pdus, statuses
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.framer import HEADER_SIZE, MAXIMUM_PLAIN_PDU
from svc_channel.domain.smpp.tlvs import MESSAGE_PAYLOAD, decode_tlvs, encode_tlvs, find_tlv

Kind = TypeVar("Kind", pdus.SubmitSm, pdus.DeliverSm)

_TAIL = struct.Struct("!BBBBB")
_TAIL_SIZE: Final = _TAIL.size


def encode_short_message(pdu: pdus.ShortMessage) -> bytes:
    """The body's octets; a numeric field that is no octet raises MalformedPdu."""
    try:
        return b"%b\0%c%c%b\0%c%c%b\0%c%c%c%b\0%b\0%c%c%c%c%c%b%b" % (
            pdu.service_type.encode("ascii"),
            pdu.source_ton,
            pdu.source_npi,
            pdu.source.encode("ascii"),
            pdu.destination_ton,
            pdu.destination_npi,
            pdu.destination.encode("ascii"),
            pdu.esm_class,
            pdu.protocol_id,
            pdu.priority_flag,
            pdu.schedule_delivery_time.encode("ascii"),
            pdu.validity_period.encode("ascii"),
            pdu.registered_delivery,
            pdu.replace_if_present_flag,
            pdu.data_coding,
            pdu.sm_default_msg_id,
            len(pdu.short_message),
            pdu.short_message,
            encode_tlvs(pdu.tlvs) if pdu.tlvs else b"",
        )
    except OverflowError:
        raise MalformedPdu(reason="OCTET_OUT_OF_RANGE", field="octet fields", detail="each is 0..255") from None


def decode_short_message(frame: bytes, kind: type[Kind]) -> Kind:
    """Reads the body after the header of a whole frame; each broken field raises MalformedPdu with its status."""
    try:
        service_type, at = read_text(frame, HEADER_SIZE, pdus.MAXIMUM_SERVICE_TYPE, "service_type")
        source_ton, source_npi = frame[at], frame[at + 1]
        source, at = read_text(frame, at + 2, pdus.MAXIMUM_ADDRESS, "source", statuses.INVALID_SOURCE)
        destination_ton, destination_npi = frame[at], frame[at + 1]
        destination, at = read_text(frame, at + 2, pdus.MAXIMUM_ADDRESS, "destination", statuses.INVALID_DESTINATION)
        esm_class, protocol_id, priority_flag = frame[at], frame[at + 1], frame[at + 2]
        schedule, at = read_text(frame, at + 3, pdus.MAXIMUM_TIME, "schedule_delivery_time")
        validity, at = read_text(frame, at, pdus.MAXIMUM_TIME, "validity_period")
        registered, replace, data_coding, default_id, length = _TAIL.unpack_from(frame, at)
    except (IndexError, struct.error):
        raise _cut("the body ends before its fixed fields do") from None
    at += _TAIL_SIZE
    end = at + length
    if end > len(frame):
        raise _cut(f"sm_length says {length} octets, {len(frame) - at} are left")
    tlvs = decode_tlvs(frame, end) if end < len(frame) else ()
    if len(frame) > MAXIMUM_PLAIN_PDU and find_tlv(tlvs, MESSAGE_PAYLOAD) is None:
        raise _cut(f"over {MAXIMUM_PLAIN_PDU} octets only with message_payload")
    return kind(
        source=source,
        destination=destination,
        short_message=frame[at:end],
        data_coding=data_coding,
        esm_class=esm_class,
        registered_delivery=registered,
        source_ton=source_ton,
        source_npi=source_npi,
        destination_ton=destination_ton,
        destination_npi=destination_npi,
        service_type=service_type,
        protocol_id=protocol_id,
        priority_flag=priority_flag,
        schedule_delivery_time=schedule,
        validity_period=validity,
        replace_if_present_flag=replace,
        sm_default_msg_id=default_id,
        tlvs=tlvs,
    )


def read_text(
    frame: bytes, start: int, maximum: int, name: str, status: int = statuses.INVALID_MESSAGE_LENGTH
) -> tuple[str, int]:
    """Reads a NUL-closed ASCII field of at most ``maximum`` characters; gives it and the place behind its NUL."""
    end = frame.find(0, start, start + maximum + 1)
    if end < 0:
        detail = f"no NUL within {maximum + 1} octets"
        raise MalformedPdu(reason="TEXT_FIELD_NOT_CLOSED", field=name, detail=detail, status=status)
    try:
        return frame[start:end].decode("ascii"), end + 1
    except UnicodeDecodeError:
        raise MalformedPdu(reason="TEXT_FIELD_REFUSED", field=name, detail="not ASCII", status=status) from None


def _cut(detail: str) -> MalformedPdu:
    return MalformedPdu(
        reason="MESSAGE_LENGTH_REFUSED", field="sm_length", detail=detail, status=statuses.INVALID_MESSAGE_LENGTH
    )
