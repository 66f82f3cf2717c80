"""SMPP 3.4 PDUs to octets and back, whole frames only; must not hold state, see sockets or assign sequence numbers."""

import struct
from dataclasses import dataclass
from typing import Final

from svc_channel.domain.smpp import commands, pdus, statuses
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu, UnknownCommand
from svc_channel.domain.smpp.framer import HEADER_SIZE
from svc_channel.domain.smpp.message_layout import decode_short_message, encode_short_message, read_text
from svc_channel.domain.smpp.tlvs import decode_tlvs, encode_tlvs

_HEADER = struct.Struct("!IIII")

_BODYLESS: Final[dict[int, pdus.Pdu]] = {
    commands.ENQUIRE_LINK: pdus.EnquireLink(),
    commands.ENQUIRE_LINK_RESP: pdus.EnquireLinkResp(),
    commands.UNBIND: pdus.Unbind(),
    commands.UNBIND_RESP: pdus.UnbindResp(),
    commands.GENERIC_NACK: pdus.GenericNack(),
    # Its one field is unused in 3.4 and some peers leave it out.
    commands.DELIVER_SM_RESP: pdus.DeliverSmResp(),
}
_BINDS: Final = frozenset({commands.BIND_RECEIVER, commands.BIND_TRANSMITTER, commands.BIND_TRANSCEIVER})
_BIND_RESPS: Final = frozenset(command | commands.RESPONSE_BIT for command in _BINDS)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One PDU as it came: the header's status and sequence number, and the body."""

    status: int
    sequence: int
    pdu: pdus.Pdu


def encode(pdu: pdus.Pdu, sequence: int, status: int = statuses.OK) -> bytes:
    """Writes one PDU with its header; a numeric field out of range raises MalformedPdu, all else checked itself."""
    if isinstance(pdu, pdus.ShortMessage):
        body = encode_short_message(pdu)
    elif isinstance(pdu, pdus.SubmitSmResp):
        # With an error status the specification leaves the body out.
        body = b"" if status else pdu.message_id.encode("ascii") + b"\0"
    elif isinstance(pdu, pdus.DeliverSmResp):
        body = b"\0"
    elif isinstance(pdu, pdus.Bind):
        body = _encode_bind(pdu)
    elif isinstance(pdu, pdus.BindResp):
        body = b"" if status else pdu.system_id.encode("ascii") + b"\0" + encode_tlvs(pdu.tlvs)
    else:
        body = b""
    return _HEADER.pack(HEADER_SIZE + len(body), pdu.command, status, sequence) + body


def read_header(frame: bytes) -> tuple[int, int, int]:
    """The command id, status and sequence number of a frame, for answering one whose body cannot be read."""
    _, command, status, sequence = _HEADER.unpack_from(frame)
    return command, status, sequence


def decode(frame: bytes) -> Envelope:
    """Reads one whole frame as the framer cut it.

    Raises UnknownCommand for a command not spoken here and MalformedPdu for a body that breaks its layout.
    """
    if len(frame) < HEADER_SIZE:
        raise BrokenStream(reason="PDU_TOO_SHORT", field="command_length", detail=f"{len(frame)} octets, header is 16")
    length, command, status, sequence = _HEADER.unpack_from(frame)
    if length != len(frame):
        raise BrokenStream(reason="PDU_LENGTH_MISMATCH", field="command_length", detail=f"{length} for {len(frame)}")
    return Envelope(status, sequence, _decode_body(frame, command))


def _decode_body(frame: bytes, command: int) -> pdus.Pdu:
    if command == commands.SUBMIT_SM:
        return decode_short_message(frame, pdus.SubmitSm)
    if command == commands.DELIVER_SM:
        return decode_short_message(frame, pdus.DeliverSm)
    if command == commands.SUBMIT_SM_RESP:
        return _decode_submit_resp(frame)
    if (bodyless := _BODYLESS.get(command)) is not None:
        return bodyless
    if command in _BINDS:
        return _decode_bind(frame, command)
    if command in _BIND_RESPS:
        return _decode_bind_resp(frame, command)
    detail = f"{command:#010x} is not spoken here"
    raise UnknownCommand(
        reason="COMMAND_UNKNOWN", field="command_id", detail=detail, status=statuses.INVALID_COMMAND_ID
    )


def _decode_submit_resp(frame: bytes) -> pdus.SubmitSmResp:
    if len(frame) == HEADER_SIZE:
        return pdus.SubmitSmResp()
    message_id, _ = read_text(frame, HEADER_SIZE, pdus.MAXIMUM_MESSAGE_ID, "message_id")
    return pdus.SubmitSmResp(message_id=message_id)


def _encode_bind(pdu: pdus.Bind) -> bytes:
    return b"%b\0%b\0%b\0%c%c%c%b\0" % (
        pdu.system_id.encode("ascii"),
        pdu.password.encode("ascii"),
        pdu.system_type.encode("ascii"),
        pdu.interface_version,
        pdu.ton,
        pdu.npi,
        pdu.address_range.encode("ascii"),
    )


def _decode_bind(frame: bytes, command: int) -> pdus.Bind:
    system_id, at = read_text(frame, HEADER_SIZE, pdus.MAXIMUM_SYSTEM_ID, "system_id", statuses.INVALID_SYSTEM_ID)
    password, at = read_text(frame, at, pdus.MAXIMUM_PASSWORD, "password", statuses.INVALID_PASSWORD)
    system_type, at = read_text(frame, at, pdus.MAXIMUM_SYSTEM_TYPE, "system_type", statuses.BIND_FAILED)
    fixed = frame[at : at + 3]
    if len(fixed) < 3:  # noqa: PLR2004 -- interface_version, addr_ton, addr_npi
        detail = "the body ends before interface_version, addr_ton and addr_npi"
        raise MalformedPdu(reason="BIND_CUT", field="bind", detail=detail, status=statuses.INVALID_COMMAND_LENGTH)
    version, ton, npi = fixed
    address_range, _ = read_text(frame, at + 3, pdus.MAXIMUM_ADDRESS_RANGE, "address_range", statuses.BIND_FAILED)
    return pdus.Bind(
        command=command,
        system_id=system_id,
        password=password,
        system_type=system_type,
        interface_version=version,
        ton=ton,
        npi=npi,
        address_range=address_range,
    )


def _decode_bind_resp(frame: bytes, command: int) -> pdus.BindResp:
    if len(frame) == HEADER_SIZE:
        return pdus.BindResp(command=command)
    system_id, at = read_text(frame, HEADER_SIZE, pdus.MAXIMUM_SYSTEM_ID, "system_id", statuses.INVALID_SYSTEM_ID)
    return pdus.BindResp(command=command, system_id=system_id, tlvs=decode_tlvs(frame, at))
