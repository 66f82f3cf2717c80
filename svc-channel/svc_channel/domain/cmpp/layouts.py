"""SUBMIT and DELIVER as 2.0 and 3.0 lay them out, both ways; must not know headers or other PDUs."""

import struct
from dataclasses import dataclass
from typing import Final

from svc_channel.domain.cmpp import pdus, results
from svc_channel.domain.cmpp.commands import VERSION_30
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.cmpp.framer import HEADER_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where one version's fields lie: structs of the fixed parts before the content, and the sizes of what varies."""

    submit: struct.Struct
    deliver: struct.Struct
    terminal_size: int
    trailer_size: int
    result_size: int
    has_types: bool


LAYOUT_20: Final = Layout(
    # Msg_Id .. Msg_level, Service_Id, Fee_UserType, Fee_terminal_Id, TP_pid, TP_udhi, Msg_Fmt, Msg_src, FeeType,
    # FeeCode, Valid_Time, At_Time, Src_Id, DestUsr_tl
    submit=struct.Struct("!QBBBB10sB21sBBB6s2s6s17s17s21sB"),
    # Msg_Id, Dest_Id, Service_Id, TP_pid, TP_udhi, Msg_Fmt, Src_terminal_Id, Registered_Delivery, Msg_Length
    deliver=struct.Struct("!Q21s10sBBB21sBB"),
    terminal_size=pdus.MAXIMUM_TERMINAL_20,
    trailer_size=8,
    result_size=1,
    has_types=False,
)
LAYOUT_30: Final = Layout(
    # The same with Fee_terminal_type behind Fee_terminal_Id and Src_terminal_type behind Src_terminal_Id.
    submit=struct.Struct("!QBBBB10sB32sBBBB6s2s6s17s17s21sB"),
    deliver=struct.Struct("!Q21s10sBBB32sBBB"),
    terminal_size=pdus.MAXIMUM_TERMINAL,
    trailer_size=pdus.MAXIMUM_LINK,
    result_size=4,
    has_types=True,
)


def layout_of(version: int) -> Layout:
    """The layout of a version octet; 2.1 differs from 2.0 in nothing that is laid out here."""
    return LAYOUT_30 if version >= VERSION_30 else LAYOUT_20


def encode_submit(pdu: pdus.Submit, layout: Layout) -> bytes:
    """The body's octets; a number too large for its field, or too long for 2.0, raises MalformedPdu."""
    size = layout.terminal_size
    destinations = b"".join(_terminal(number, size, "Dest_terminal_Id") for number in pdu.destinations)
    fee_type = (pdu.fee_terminal_type,) if layout.has_types else ()
    try:
        fixed = layout.submit.pack(
            0,
            pdu.total,
            pdu.number,
            pdu.report_wanted,
            pdu.level,
            pdu.service.encode(),
            pdu.fee_user_type,
            _terminal(pdu.fee_terminal, size, "Fee_terminal_Id"),
            *fee_type,
            pdu.protocol_id,
            pdu.has_header,
            pdu.message_format,
            pdu.message_source.encode(),
            pdu.fee_type.encode(),
            pdu.fee_code.encode(),
            pdu.valid_until.encode(),
            pdu.send_at.encode(),
            pdu.service_number.encode(),
            len(pdu.destinations),
        )
        kind = bytes((pdu.destination_type,)) if layout.has_types else b""
    except (struct.error, ValueError):
        raise MalformedPdu(reason="OCTET_OUT_OF_RANGE", field="octet fields", detail="each is 0..255") from None
    trailer = (pdu.link.encode() if layout.has_types else b"").ljust(layout.trailer_size, b"\0")
    return b"".join((fixed, destinations, kind, bytes((len(pdu.content),)), pdu.content, trailer))


def decode_submit(frame: bytes, layout: Layout) -> pdus.Submit:
    """Reads the body after the header of a whole frame; one that is not exactly laid out so raises MalformedPdu."""
    at = HEADER_SIZE + layout.submit.size
    if len(frame) < at:
        raise _cut("SUBMIT ends before its fixed fields do")
    fields = list(layout.submit.unpack_from(frame, HEADER_SIZE))
    fee_terminal_type = fields.pop(8) if layout.has_types else 0
    count, size = fields[17], layout.terminal_size
    numbers_end = at + count * size
    length_at = numbers_end + layout.has_types
    if len(frame) <= length_at:
        raise _cut(f"{count} numbers do not fit into the PDU")
    content_end = length_at + 1 + frame[length_at]
    if content_end + layout.trailer_size != len(frame):
        raise _cut(f"Msg_Length says {frame[length_at]} octets, {len(frame) - length_at - 1} are left with the trailer")
    return pdus.Submit(
        total=fields[1],
        number=fields[2],
        # 2 asks for a record of charges and for no report.
        report_wanted=fields[3] == 1,
        level=fields[4],
        service=_text(fields[5], "Service_Id"),
        fee_user_type=fields[6],
        fee_terminal=_text(fields[7], "Fee_terminal_Id"),
        fee_terminal_type=fee_terminal_type,
        protocol_id=fields[8],
        has_header=bool(fields[9]),
        message_format=fields[10],
        message_source=_text(fields[11], "Msg_src"),
        fee_type=_text(fields[12], "FeeType"),
        fee_code=_text(fields[13], "FeeCode"),
        valid_until=_text(fields[14], "Valid_Time"),
        send_at=_text(fields[15], "At_Time"),
        service_number=_text(fields[16], "Src_Id"),
        destinations=tuple(
            _text(frame[start : start + size], "Dest_terminal_Id") for start in range(at, numbers_end, size)
        ),
        destination_type=frame[numbers_end] if layout.has_types else 0,
        content=frame[length_at + 1 : content_end],
        link=_text(frame[content_end:], "LinkID") if layout.has_types else "",
    )


def encode_deliver(pdu: pdus.Deliver, layout: Layout) -> bytes:
    """The body's octets; a number too large for its field, or too long for 2.0, raises MalformedPdu."""
    kind = (pdu.source_type,) if layout.has_types else ()
    try:
        fixed = layout.deliver.pack(
            pdu.message_id,
            pdu.service_number.encode(),
            pdu.service.encode(),
            pdu.protocol_id,
            pdu.has_header,
            pdu.message_format,
            _terminal(pdu.source, layout.terminal_size, "Src_terminal_Id"),
            *kind,
            pdu.is_report,
            len(pdu.content),
        )
    except struct.error:
        raise MalformedPdu(reason="OCTET_OUT_OF_RANGE", field="octet fields", detail="each is 0..255") from None
    trailer = (pdu.link.encode() if layout.has_types else b"").ljust(layout.trailer_size, b"\0")
    return fixed + pdu.content + trailer


def decode_deliver(frame: bytes, layout: Layout) -> pdus.Deliver:
    """Reads the body after the header of a whole frame; one that is not exactly laid out so raises MalformedPdu."""
    at = HEADER_SIZE + layout.deliver.size
    if len(frame) < at:
        raise _cut("DELIVER ends before its fixed fields do")
    fields = list(layout.deliver.unpack_from(frame, HEADER_SIZE))
    source_type = fields.pop(7) if layout.has_types else 0
    content_end = at + fields[8]
    if content_end + layout.trailer_size != len(frame):
        raise _cut(f"Msg_Length says {fields[8]} octets, {len(frame) - at} are left with the trailer")
    return pdus.Deliver(
        message_id=fields[0],
        service_number=_text(fields[1], "Dest_Id"),
        service=_text(fields[2], "Service_Id"),
        protocol_id=fields[3],
        has_header=bool(fields[4]),
        message_format=fields[5],
        source=_text(fields[6], "Src_terminal_Id"),
        source_type=source_type,
        is_report=fields[7] == 1,
        content=frame[at:content_end],
        link=_text(frame[content_end:], "LinkID") if layout.has_types else "",
    )


def _terminal(number: str, size: int, name: str) -> bytes:
    if len(number) > size:
        raise MalformedPdu(
            reason="TEXT_FIELD_REFUSED",
            field=name,
            detail=f"at most {size} characters in this version",
            result=results.WRONG_DESTINATION,
        )
    return number.encode().ljust(size, b"\0")


def _text(octets: bytes, name: str) -> str:
    """A fixed field up to its first NUL; what stands behind that is padding, whatever it is."""
    try:
        return octets.partition(b"\0")[0].decode("ascii")
    except UnicodeDecodeError:
        raise MalformedPdu(reason="TEXT_FIELD_REFUSED", field=name, detail="not ASCII") from None


def _cut(detail: str) -> MalformedPdu:
    return MalformedPdu(reason="MESSAGE_LENGTH_REFUSED", field="Msg_Length", detail=detail, result=results.WRONG_LENGTH)
