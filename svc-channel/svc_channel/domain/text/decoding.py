"""Reads the text of a received short message, whole or one part of it; must not join parts or lose a message."""

from dataclasses import dataclass
from typing import Final

from svc_channel.domain.text.gsm7 import decode_gsm7

_IEI_CONCATENATED_8: Final = 0x00
_IEI_CONCATENATED_16: Final = 0x08
_IA5: Final = 0x01
_UCS2: Final = 0x08
# The SMSC's default alphabet, and 0x0F, which USSD gateways use for it.
_GSM7_CODINGS: Final = frozenset({0x00, 0x0F})


@dataclass(frozen=True, slots=True, kw_only=True)
class Concatenation:
    """Where a part belongs: parts with one reference from one sender make one message."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    """The text of one short message; ``part`` is None for a message that is whole."""

    text: str
    part: Concatenation | None = None


def decode_text(payload: bytes, *, data_coding: int, has_header: bool) -> DecodedText:
    """Reads user data; ``has_header`` is the UDHI bit.

    Never refuses: broken UCS2 shows U+FFFD, an unknown data_coding is read as Latin-1, which keeps every octet, and a
    header longer than the data is taken as text.
    """
    part, payload = split_header(payload, has_header=has_header)
    return DecodedText(text=_characters(payload, data_coding), part=part)


def split_header(payload: bytes, *, has_header: bool) -> tuple[Concatenation | None, bytes]:
    """The place that a user data header gives a part, and the octets behind it; a header that doesn't fit is text."""
    if not (has_header and payload and payload[0] < len(payload)):
        return None, payload
    return _concatenation(payload[1 : payload[0] + 1]), payload[payload[0] + 1 :]


def _characters(payload: bytes, data_coding: int) -> str:
    if data_coding in _GSM7_CODINGS:
        return decode_gsm7(payload)
    if data_coding == _UCS2:
        return payload.decode("utf-16-be", "replace")
    if data_coding == _IA5:
        return payload.decode("ascii", "replace")
    # 0x03 is Latin-1; so is whatever else came.
    return payload.decode("latin-1")


def _concatenation(header: bytes) -> Concatenation | None:
    """Looks through the information elements for a sound concatenation; others (ports) are passed over."""
    position = 0
    while position + 2 <= len(header):
        element, size = header[position], header[position + 1]
        value = header[position + 2 : position + 2 + size]
        if element == _IEI_CONCATENATED_8 and len(value) == 3:  # noqa: PLR2004 -- reference, total, number
            return _sound(value[0], value[1], value[2])
        if element == _IEI_CONCATENATED_16 and len(value) == 4:  # noqa: PLR2004 -- reference in two octets
            return _sound(int.from_bytes(value[:2], "big"), value[2], value[3])
        position += 2 + size
    return None


def _sound(reference: int, total: int, number: int) -> Concatenation | None:
    if not 1 <= number <= total:
        return None
    return Concatenation(reference=reference, total=total, number=number)
