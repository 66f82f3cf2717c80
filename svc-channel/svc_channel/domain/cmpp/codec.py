"""CMPP 2.0 and 3.0 PDUs to octets and back, whole frames only; must not hold state, see sockets or assign sequences."""

import struct
from dataclasses import dataclass
from typing import Final

from svc_channel.domain.cmpp import commands, pdus
from svc_channel.domain.cmpp.errors import BrokenStream, MalformedPdu, UnknownCommand
from svc_channel.domain.cmpp.framer import HEADER_SIZE
from svc_channel.domain.cmpp.layouts import (
    decode_deliver,
    decode_submit,
    encode_deliver,
    encode_submit,
    layout_of,
)

_HEADER = struct.Struct("!III")
_CONNECT = struct.Struct("!6s16sBI")
_MESSAGE_ID = struct.Struct("!Q")
# One octet of status in 2.x, four in 3.0; then the authenticator and the version.
_CONNECT_RESPS: Final = {18: struct.Struct("!B16sB"), 21: struct.Struct("!I16sB")}
_RESULTS: Final = {9: struct.Struct("!QB"), 12: struct.Struct("!QI")}

_BODYLESS: Final[dict[int, pdus.Pdu]] = {
    commands.ACTIVE_TEST: pdus.ActiveTest(),
    # Its one octet is reserved, and some peers leave it out.
    commands.ACTIVE_TEST_RESP: pdus.ActiveTestResp(),
    commands.TERMINATE: pdus.Terminate(),
    commands.TERMINATE_RESP: pdus.TerminateResp(),
}
_ANSWERS: Final[dict[int, type[pdus.SubmitResp | pdus.DeliverResp]]] = {
    commands.SUBMIT_RESP: pdus.SubmitResp,
    commands.DELIVER_RESP: pdus.DeliverResp,
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One PDU as it came: the header's sequence number and the body."""

    sequence: int
    pdu: pdus.Pdu


def encode(pdu: pdus.Pdu, sequence: int, *, version: int) -> bytes:
    """Writes one PDU with its header in the layout of ``version``; what no field can hold raises MalformedPdu."""
    layout = layout_of(version)
    try:
        if isinstance(pdu, pdus.Submit):
            body = encode_submit(pdu, layout)
        elif isinstance(pdu, pdus.Deliver):
            body = encode_deliver(pdu, layout)
        elif isinstance(pdu, (pdus.SubmitResp, pdus.DeliverResp)):
            body = _MESSAGE_ID.pack(pdu.message_id) + pdu.result.to_bytes(layout.result_size, "big")
        elif isinstance(pdu, pdus.Connect):
            body = _CONNECT.pack(pdu.source.encode(), pdu.authenticator, pdu.version, pdu.timestamp)
        elif isinstance(pdu, pdus.ConnectResp):
            body = pdu.status.to_bytes(layout.result_size, "big") + pdu.authenticator + bytes((pdu.version,))
        elif isinstance(pdu, pdus.ActiveTestResp):
            body = b"\0"
        else:
            body = b""
    except (struct.error, OverflowError, ValueError):
        raise MalformedPdu(reason="NUMBER_OUT_OF_RANGE", field="body", detail="a number exceeds its field") from None
    return _HEADER.pack(HEADER_SIZE + len(body), pdu.command, sequence) + body


def read_header(frame: bytes) -> tuple[int, int]:
    """The command id and sequence number of a frame, for answering one whose body cannot be read."""
    _, command, sequence = _HEADER.unpack_from(frame)
    return command, sequence


def decode(frame: bytes, *, version: int) -> Envelope:
    """Reads one whole frame as the framer cut it.

    The answers to connects and submits are read in either version's width, as peers mix them. Raises UnknownCommand
    for a command not spoken here and MalformedPdu for a body that breaks its layout.
    """
    if len(frame) < HEADER_SIZE:
        raise BrokenStream(reason="PDU_TOO_SHORT", field="Total_Length", detail=f"{len(frame)} octets, header is 12")
    length, command, sequence = _HEADER.unpack_from(frame)
    if length != len(frame):
        raise BrokenStream(reason="PDU_LENGTH_MISMATCH", field="Total_Length", detail=f"{length} for {len(frame)}")
    return Envelope(sequence, _decode_body(frame, command, version))


def _decode_body(frame: bytes, command: int, version: int) -> pdus.Pdu:
    if command == commands.SUBMIT:
        return decode_submit(frame, layout_of(version))
    if command == commands.DELIVER:
        return decode_deliver(frame, layout_of(version))
    if (kind := _ANSWERS.get(command)) is not None:
        return _decode_answer(frame, kind)
    if (bodyless := _BODYLESS.get(command)) is not None:
        return bodyless
    return _decode_greeting(frame, command)


def _decode_answer(frame: bytes, kind: type[pdus.SubmitResp | pdus.DeliverResp]) -> pdus.SubmitResp | pdus.DeliverResp:
    layout = _RESULTS.get(len(frame) - HEADER_SIZE)
    if layout is None:
        raise _wrong_size("an answer", len(frame))
    message_id, result = layout.unpack_from(frame, HEADER_SIZE)
    return kind(message_id=message_id, result=result)


def _decode_greeting(frame: bytes, command: int) -> pdus.Connect | pdus.ConnectResp:
    if command == commands.CONNECT_RESP:
        layout = _CONNECT_RESPS.get(len(frame) - HEADER_SIZE)
        if layout is None:
            raise _wrong_size("CONNECT_RESP", len(frame))
        status, authenticator, version = layout.unpack_from(frame, HEADER_SIZE)
        return pdus.ConnectResp(status=status, authenticator=authenticator, version=version)
    if command != commands.CONNECT:
        raise UnknownCommand(reason="COMMAND_UNKNOWN", field="Command_Id", detail=f"{command:#010x} is not spoken here")
    if len(frame) != HEADER_SIZE + _CONNECT.size:
        raise _wrong_size("CONNECT", len(frame))
    source, authenticator, version, timestamp = _CONNECT.unpack_from(frame, HEADER_SIZE)
    try:
        name = source.partition(b"\0")[0].decode("ascii")
    except UnicodeDecodeError:
        raise MalformedPdu(reason="TEXT_FIELD_REFUSED", field="Source_Addr", detail="not ASCII") from None
    return pdus.Connect(source=name, authenticator=authenticator, version=version, timestamp=timestamp)


def _wrong_size(what: str, size: int) -> MalformedPdu:
    return MalformedPdu(reason="PDU_SIZE_REFUSED", field="Total_Length", detail=f"{size} octets is no size of {what}")
