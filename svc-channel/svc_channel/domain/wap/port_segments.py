"""Cuts a push into binary short messages for port 2948, and puts such parts together; must not know who sends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.outgoing import PARTS_LIMIT
from svc_channel.domain.text.segmentation import ESM_CLASS_HEADER, MAXIMUM_REFERENCE, Segment
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.octets import Octets

DATA_CODING_BINARY: Final = 4
# The handset's WAP push port, and the one the push comes from.
PUSH_PORT: Final = 2948
ORIGIN_PORT: Final = 9200

# 140 octets without the 7 of the ports, and without the 12 of ports and place.
SINGLE_OCTETS: Final = 133
SEGMENT_OCTETS: Final = 128

_IEI_CONCATENATED: Final = 0x00
_IEI_PORTS_16: Final = 0x05
_PORTS: Final = bytes((_IEI_PORTS_16, 4)) + PUSH_PORT.to_bytes(2, "big") + ORIGIN_PORT.to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortPart:
    """One part as it was received; a whole push has total 1."""

    destination_port: int
    origin_port: int
    reference: int
    total: int
    number: int
    octets: bytes


def segment_push(push: bytes, *, reference: int) -> tuple[Segment, ...]:
    """The short messages of a push, under one 8-bit ``reference`` (0..255) when it takes more than one.

    Refuses (InvalidInput) PUSH_TOO_LONG over PARTS_LIMIT parts and REFERENCE_OUT_OF_RANGE.
    """
    if not 0 <= reference <= MAXIMUM_REFERENCE:
        raise InvalidInput(reason="REFERENCE_OUT_OF_RANGE", field="reference", detail="the reference is one octet")
    if len(push) <= SINGLE_OCTETS:
        return (_segment(bytes((len(_PORTS),)) + _PORTS + push, number=1, total=1),)
    total = count_push_segments(push)
    header_octets = len(_PORTS) + 5
    return tuple(
        _segment(
            bytes((header_octets,))
            + _PORTS
            + bytes((_IEI_CONCATENATED, 3, reference, total, number))
            + push[(number - 1) * SEGMENT_OCTETS : number * SEGMENT_OCTETS],
            number=number,
            total=total,
        )
        for number in range(1, total + 1)
    )


def count_push_segments(push: bytes) -> int:
    """How many short messages a push takes; refuses what segment_push refuses."""
    if len(push) <= SINGLE_OCTETS:
        return 1
    total = -(-len(push) // SEGMENT_OCTETS)
    if total > PARTS_LIMIT:
        detail = f"{len(push)} octets take {total} parts, at most {PARTS_LIMIT}; shorten text or link"
        raise InvalidInput(reason="PUSH_TOO_LONG", field="content", detail=detail)
    return total


def read_part(short_message: bytes) -> PortPart:
    """A short message with a header that names ports. Raises MalformedPush for one without."""
    cursor = Octets(short_message)
    header = Octets(cursor.take(cursor.octet()))
    ports: tuple[int, int] | None = None
    place = (0, 1, 1)
    while header.left:
        element = header.octet()
        value = header.take(header.octet())
        if element == _IEI_PORTS_16 and len(value) == 4:  # noqa: PLR2004 -- two ports of two octets
            ports = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        if element == _IEI_CONCATENATED and len(value) == 3:  # noqa: PLR2004 -- reference, total, number
            place = value[0], value[1], value[2]
    if ports is None:
        raise MalformedPush(reason="PUSH_PORTS", field="header", detail="no ports of 16 bits")
    reference, total, number = place
    if not 1 <= number <= total:
        raise MalformedPush(reason="PUSH_PLACE", field="header", detail=f"part {number} of {total}")
    return PortPart(
        destination_port=ports[0],
        origin_port=ports[1],
        reference=reference,
        total=total,
        number=number,
        octets=cursor.rest(),
    )


def join_parts(parts: Sequence[PortPart]) -> bytes:
    """The push of all its parts, in whatever order they came. Raises MalformedPush when one is missing or foreign."""
    by_number = {part.number: part for part in parts}
    alike = {(part.reference, part.total, part.destination_port) for part in parts}
    if len(alike) != 1 or sorted(by_number) != list(range(1, next(iter(alike))[1] + 1)):
        raise MalformedPush(reason="PUSH_PARTS", field="parts", detail="not all the parts of one push")
    return b"".join(by_number[number].octets for number in sorted(by_number))


def _segment(short_message: bytes, *, number: int, total: int) -> Segment:
    return Segment(
        number=number,
        total=total,
        data_coding=DATA_CODING_BINARY,
        esm_class=ESM_CLASS_HEADER,
        short_message=short_message,
    )
