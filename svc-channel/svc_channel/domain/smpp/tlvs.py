"""Optional parameters (TLVs) of SMPP PDUs: tags, encoding, decoding; unknown and vendor tags pass through untouched."""

import struct
from collections.abc import Mapping
from typing import Final

from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.errors import MalformedPdu

Tlvs = tuple[tuple[int, bytes], ...]

RECEIPTED_MESSAGE_ID: Final = 0x001E
USER_MESSAGE_REFERENCE: Final = 0x0204
SOURCE_PORT: Final = 0x020A
DESTINATION_PORT: Final = 0x020B
SAR_MSG_REF_NUM: Final = 0x020C
SAR_TOTAL_SEGMENTS: Final = 0x020E
SAR_SEGMENT_SEQNUM: Final = 0x020F
SC_INTERFACE_VERSION: Final = 0x0210
NETWORK_ERROR_CODE: Final = 0x0423
MESSAGE_PAYLOAD: Final = 0x0424
MORE_MESSAGES_TO_SEND: Final = 0x0426
MESSAGE_STATE: Final = 0x0427
USSD_SERVICE_OP: Final = 0x0501
ITS_SESSION_INFO: Final = 0x1383

_HEAD = struct.Struct("!HH")
_MAXIMUM_TAG = 0xFFFF
_MAXIMUM_LENGTH = 0xFFFF


def read_tlvs(said: Mapping[str, str]) -> Tlvs:
    """Parameters as data says them: hexadecimal tags and values, as in {"0x1400": "0a0b"}; MalformedPdu for others."""
    found: list[tuple[int, bytes]] = []
    for tag, value in said.items():
        try:
            found.append((int(tag, 16), bytes.fromhex(value)))
        except (ValueError, TypeError):
            detail = "tag and value are hexadecimal, as in 0x1400 and 0a0b"
            raise MalformedPdu(reason="TLV_UNREADABLE", field=f"tlv {tag}", detail=detail) from None
    encode_tlvs(tuple(found))
    return tuple(found)


def encode_tlvs(tlvs: Tlvs) -> bytes:
    """Writes the parameters in the given order; a tag or length over 16 bits is refused as MalformedPdu."""
    parts: list[bytes] = []
    for tag, value in tlvs:
        if not 0 <= tag <= _MAXIMUM_TAG or len(value) > _MAXIMUM_LENGTH:
            raise MalformedPdu(
                reason="TLV_TOO_LARGE", field=f"tlv {tag:#06x}", detail="tag and length are 16 bits each"
            )
        parts.append(_HEAD.pack(tag, len(value)))
        parts.append(value)
    return b"".join(parts)


def decode_tlvs(frame: bytes, position: int) -> Tlvs:
    """Reads the parameters from ``position`` to the end, in order, repeats kept; a cut one is refused."""
    end = len(frame)
    found: list[tuple[int, bytes]] = []
    while position < end:
        if end - position < _HEAD.size:
            raise _cut("the parameter's tag and length are cut")
        tag, length = _HEAD.unpack_from(frame, position)
        position += _HEAD.size
        if position + length > end:
            raise _cut(f"parameter {tag:#06x} says {length} octets, {end - position} are left")
        found.append((tag, frame[position : position + length]))
        position += length
    return tuple(found)


def find_tlv(tlvs: Tlvs, tag: int) -> bytes | None:
    """The first value under ``tag``, or None."""
    for found, value in tlvs:
        if found == tag:
            return value
    return None


def _cut(detail: str) -> MalformedPdu:
    return MalformedPdu(reason="TLV_CUT", field="tlvs", detail=detail, status=statuses.INVALID_OPTIONAL_PART)
