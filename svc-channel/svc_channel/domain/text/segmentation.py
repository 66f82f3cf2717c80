"""Cuts a text into the short messages that carry it; must not know who sends them or over which protocol."""

from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.text.gsm7 import encode_gsm7

DATA_CODING_GSM7: Final = 0
DATA_CODING_UCS2: Final = 8
# esm_class bit: the text opens with a user data header.
ESM_CLASS_HEADER: Final = 0x40

# 140 octets are 160 septets; the six octets of the header leave 134, which are 153 septets or 67 UCS2 units.
SHORT_MESSAGE_OCTETS: Final = 140
GSM7_SINGLE: Final = 160
UCS2_SINGLE: Final = 70
HEADER_8_OCTETS: Final = 6
# With a reference of two octets: 133, which are 152 septets or 66 units.
HEADER_16_OCTETS: Final = 7
# The header counts the parts in one octet.
MAXIMUM_PARTS: Final = 255
MAXIMUM_REFERENCE: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One short message: ``short_message`` with its header octets, and the codes that say how to read them."""

    number: int
    total: int
    data_coding: int
    esm_class: int
    short_message: bytes


def segment_text(text: str, *, reference: int) -> tuple[Segment, ...]:
    """Cuts a text into one message, or into parts under one 8-bit ``reference`` (0..255, new for each message).

    GSM 03.38 where it has every character, UCS2 otherwise. No part ends between ESC and its character or inside a
    surrogate pair. Refuses (InvalidInput) TEXT_TOO_LONG over 255 parts and TEXT_NOT_UNICODE for a lone surrogate.
    """
    if not 0 <= reference <= MAXIMUM_REFERENCE:
        raise InvalidInput(reason="REFERENCE_OUT_OF_RANGE", field="reference", detail="the reference is one octet")
    coding, bodies = split_text(text)
    total = len(bodies)
    if total == 1:
        return (Segment(number=1, total=1, data_coding=coding, esm_class=0, short_message=bodies[0]),)
    return tuple(
        Segment(
            number=number,
            total=total,
            data_coding=coding,
            esm_class=ESM_CLASS_HEADER,
            short_message=header_8(reference, total, number) + body,
        )
        for number, body in enumerate(bodies, start=1)
    )


def header_8(reference: int, total: int, number: int) -> bytes:
    """The user data header of one part of several under a reference of one octet."""
    return bytes((0x05, 0x00, 0x03, reference, total, number))


def count_segments(text: str) -> int:
    """How many short messages the text costs; refuses what segment_text refuses."""
    return len(split_text(text)[1])


def split_text(text: str, *, header_octets: int = HEADER_8_OCTETS) -> tuple[int, list[bytes]]:
    """The data coding and the bodies of the parts, without headers but with room for one of ``header_octets``.

    Refuses (InvalidInput) what segment_text refuses.
    """
    room = SHORT_MESSAGE_OCTETS - header_octets
    septets = encode_gsm7(text)
    if septets is not None:
        return DATA_CODING_GSM7, _pack(septets, single=GSM7_SINGLE, part=room * 8 // 7)
    try:
        units = [character.encode("utf-16-be") for character in text]
    except UnicodeEncodeError as error:
        detail = f"half of a surrogate pair at character {error.start + 1}; send whole characters"
        raise InvalidInput(reason="TEXT_NOT_UNICODE", field="text", detail=detail) from None
    return DATA_CODING_UCS2, _pack(units, single=UCS2_SINGLE * 2, part=room // 2 * 2)


def _pack(characters: list[bytes], *, single: int, part: int) -> list[bytes]:
    """Fills parts of at most ``part`` octets with whole characters."""
    whole = b"".join(characters)
    if len(whole) <= single:
        return [whole]
    bodies: list[bytes] = []
    start, size = 0, 0
    for position, character in enumerate(characters):
        if size + len(character) > part:
            bodies.append(b"".join(characters[start:position]))
            start, size = position, 0
        size += len(character)
    bodies.append(b"".join(characters[start:]))
    if len(bodies) > MAXIMUM_PARTS:
        detail = f"{len(bodies)} parts, at most {MAXIMUM_PARTS}; shorten the text"
        raise InvalidInput(reason="TEXT_TOO_LONG", field="text", detail=detail)
    return bodies
