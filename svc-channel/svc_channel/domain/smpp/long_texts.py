"""The four ways of a long text over SMPP, both directions for SAR; must not know who sends or which SMSC wants which."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from svc_channel.domain.smpp.tlvs import (
    MESSAGE_PAYLOAD,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    Tlvs,
    find_tlv,
)
from svc_channel.domain.text.decoding import Concatenation
from svc_channel.domain.text.segmentation import HEADER_8_OCTETS, HEADER_16_OCTETS, header_8, split_text

REFERENCES_8: Final = 0x100
REFERENCES_16: Final = 0x10000
_REFERENCE_OCTETS: Final = 2


class LongText(StrEnum):
    """How an SMSC wants a text that does not fit one short message."""

    UDH8 = "udh8"
    """A user data header with a reference of one octet in each part: what every handset reads."""
    UDH16 = "udh16"
    """The same with a reference of two octets, which costs one octet of each part."""
    SAR = "sar"
    """The parts as they are, and parameters from which the SMSC makes the headers."""
    PAYLOAD = "payload"
    """The whole text in one message_payload, which the SMSC cuts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """One submit_sm of a text; ``short_message`` is empty where a parameter carries it."""

    number: int
    total: int
    data_coding: int
    short_message: bytes
    has_header: bool = False
    tlvs: Tlvs = ()


def cut_text(text: str, *, reference: int, way: LongText) -> Sequence[TextPart]:
    """The parts of a text; ``reference`` is any number, the same for the same message.

    No part ends between ESC and its character or inside a surrogate pair, whichever way. Refuses (InvalidInput) what
    segment_text refuses.
    """
    if way is LongText.PAYLOAD:
        coding, bodies = split_text(text)
        return [_whole(coding, b"".join(bodies), as_payload=len(bodies) > 1)]
    coding, bodies = split_text(text, header_octets=HEADER_16_OCTETS if way is LongText.UDH16 else HEADER_8_OCTETS)
    total = len(bodies)
    if total == 1:
        return [_whole(coding, bodies[0], as_payload=False)]
    return [_part(coding, body, number, total, reference, way) for number, body in enumerate(bodies, start=1)]


def read_sar(tlvs: Tlvs) -> Concatenation | None:
    """Where an inbound part belongs by its SAR parameters; None where they are absent or unsound."""
    reference, total = find_tlv(tlvs, SAR_MSG_REF_NUM), find_tlv(tlvs, SAR_TOTAL_SEGMENTS)
    number = find_tlv(tlvs, SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None:
        return None
    if (len(reference), len(total), len(number)) != (_REFERENCE_OCTETS, 1, 1) or not 1 <= number[0] <= total[0]:
        return None
    return Concatenation(reference=int.from_bytes(reference, "big"), total=total[0], number=number[0])


def _whole(coding: int, body: bytes, *, as_payload: bool) -> TextPart:
    short, tlvs = (b"", ((MESSAGE_PAYLOAD, body),)) if as_payload else (body, ())
    return TextPart(number=1, total=1, data_coding=coding, short_message=short, tlvs=tlvs)


def _part(coding: int, body: bytes, number: int, total: int, reference: int, way: LongText) -> TextPart:
    if way is LongText.SAR:
        tlvs = (
            (SAR_MSG_REF_NUM, (reference % REFERENCES_16).to_bytes(_REFERENCE_OCTETS, "big")),
            (SAR_TOTAL_SEGMENTS, bytes((total,))),
            (SAR_SEGMENT_SEQNUM, bytes((number,))),
        )
        return TextPart(number=number, total=total, data_coding=coding, short_message=body, tlvs=tlvs)
    if way is LongText.UDH16:
        octets = (reference % REFERENCES_16).to_bytes(_REFERENCE_OCTETS, "big")
        header = b"\x06\x08\x04" + octets + bytes((total, number))
    else:
        header = header_8(reference % REFERENCES_8, total, number)
    return TextPart(number=number, total=total, data_coding=coding, short_message=header + body, has_header=True)
