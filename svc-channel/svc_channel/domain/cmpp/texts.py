"""Texts as CMPP carries them: cut into parts with room for a signature, and read; must not know who sends or gets them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.cmpp.pdus import FORMAT_ASCII, FORMAT_GBK, FORMAT_UCS2
from svc_channel.domain.text.decoding import DecodedText, split_header
from svc_channel.domain.text.segmentation import MAXIMUM_PARTS, MAXIMUM_REFERENCE, header_8

ASCII_SINGLE: Final = 160
ASCII_PART: Final = 153
# A handset shows UCS2 whatever format the text travelled in, so GBK saves no room: both count in UCS2 units.
WIDE_SINGLE: Final = 70
WIDE_PART: Final = 67
# Longer signatures would leave less than half of a part to the text.
MAXIMUM_SIGNATURE_ROOM: Final = 30
_LAST_BASIC: Final = "\uffff"


class WideFormat(StrEnum):
    """What a line takes for texts beyond ASCII; GBK falls back to UCS2 for what it has no character for."""

    UCS2 = "ucs2"
    GBK = "gbk"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """One SUBMIT's content, user data header included, and how it is to be read."""

    number: int
    total: int
    message_format: int
    has_header: bool
    content: bytes


def cut_text(
    text: str, *, reference: int, wide: WideFormat = WideFormat.UCS2, signature_room: int = 0
) -> tuple[TextPart, ...]:
    """Cuts a text into one SUBMIT, or into parts under one 8-bit ``reference`` (0..255, new for each message).

    ``signature_room`` is how many characters the operator's signature (``【...】``) takes; nothing says whether it goes
    to the first part or the last, so every part leaves that room, and a signature is Chinese, so ASCII is not used
    beside it. No part ends inside a surrogate pair. Refuses (InvalidInput) TEXT_TOO_LONG over 255 parts,
    TEXT_NOT_UNICODE for a lone surrogate, REFERENCE_OUT_OF_RANGE and SIGNATURE_ROOM_OUT_OF_RANGE.
    """
    if not 0 <= reference <= MAXIMUM_REFERENCE:
        raise InvalidInput(reason="REFERENCE_OUT_OF_RANGE", field="reference", detail="the reference is one octet")
    check_signature_room(signature_room)
    if not signature_room and text.isascii() and "\0" not in text:
        message_format, encoding = FORMAT_ASCII, "ascii"
        bodies = _split(text, single=ASCII_SINGLE, part=ASCII_PART)
    else:
        message_format, encoding = _wide(text, wide)
        bodies = _split(text, single=WIDE_SINGLE - signature_room, part=WIDE_PART - signature_room)
    total = len(bodies)
    if total > MAXIMUM_PARTS:
        detail = f"{total} parts, at most {MAXIMUM_PARTS}; shorten the text"
        raise InvalidInput(reason="TEXT_TOO_LONG", field="text", detail=detail)
    return tuple(
        TextPart(
            number=number,
            total=total,
            message_format=message_format,
            has_header=total > 1,
            content=(header_8(reference, total, number) if total > 1 else b"") + body.encode(encoding),
        )
        for number, body in enumerate(bodies, start=1)
    )


def check_signature_room(room: int) -> None:
    """Refuses (InvalidInput) a room that no signature has."""
    if not 0 <= room <= MAXIMUM_SIGNATURE_ROOM:
        detail = f"0 to {MAXIMUM_SIGNATURE_ROOM} characters"
        raise InvalidInput(reason="SIGNATURE_ROOM_OUT_OF_RANGE", field="signature_room", detail=detail)


def read_text(content: bytes, *, message_format: int, has_header: bool) -> DecodedText:
    """Reads the content of a DELIVER, whole or one part of it. Never refuses: what can't be read shows U+FFFD.

    Format 0 is read as GB 18030 too, of which ASCII is a part: some gateways mark GBK so. Others are read as Latin-1,
    which keeps every octet.
    """
    part, body = split_header(content, has_header=has_header)
    if message_format == FORMAT_UCS2:
        text = body.decode("utf-16-be", "replace")
    elif message_format in {FORMAT_ASCII, FORMAT_GBK}:
        text = body.decode("gb18030", "replace")
    else:
        text = body.decode("latin-1")
    return DecodedText(text=text, part=part)


def _wide(text: str, wide: WideFormat) -> tuple[int, str]:
    if wide is WideFormat.GBK:
        try:
            text.encode("gbk")
        except UnicodeEncodeError:
            pass  # a character that GBK does not have: UCS2 has it
        else:
            return FORMAT_GBK, "gbk"
    try:
        text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        detail = f"half of a surrogate pair at character {error.start + 1}; send whole characters"
        raise InvalidInput(reason="TEXT_NOT_UNICODE", field="text", detail=detail) from None
    return FORMAT_UCS2, "utf-16-be"


def _split(text: str, *, single: int, part: int) -> list[str]:
    """Fills parts of at most ``part`` units with whole characters; a character beyond U+FFFF takes two."""
    if max(text, default="") <= _LAST_BASIC:
        if len(text) <= single:
            return [text]
        return [text[start : start + part] for start in range(0, len(text), part)]
    if sum(_units(text)) <= single:
        return [text]
    bodies: list[str] = []
    start, size = 0, 0
    for position, units in enumerate(_units(text)):
        if size + units > part:
            bodies.append(text[start:position])
            start, size = position, 0
        size += units
    return [*bodies, text[start:]]


def _units(text: str) -> Iterator[int]:
    return (2 if character > _LAST_BASIC else 1 for character in text)
