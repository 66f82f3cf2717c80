"""A message that a subscriber wrote to one of our numbers; a value that checks nothing it can't know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from svc_channel.domain.text.decoding import Concatenation

# How a network marks a USSD turn: by the service type, by the operation, or by both.
USSD_SERVICE = "USSD"
USSD_SERVICE_OP = 0x0501


class InboundState(StrEnum):
    """Where an inbound message stands."""

    RECEIVED = "received"
    """Durable and acknowledged; its sender is not looked up yet."""
    RESOLVED = "resolved"
    """Its sender is a subscriber, and it was told."""
    UNKNOWN = "unknown"
    """Its sender is nobody's number: kept, never told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One mobile-originated message. ``sender`` is E.164 where the network gave an international number."""

    id: UUID
    sender: str
    recipient: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundPiece:
    """One part of a long inbound message, as it is kept until the others are there."""

    id: UUID
    sender: str
    recipient: str
    text: str
    part: Concatenation
    received_at: datetime

    @property
    def place(self) -> tuple[str, str, int, int]:
        """What all parts of one message have in common; who sends reuses a reference after 256 messages."""
        return self.sender, self.recipient, self.part.reference, self.part.total


def join_pieces(pieces: Sequence[InboundPiece]) -> list[Inbound]:
    """One message of all pieces of a place where none is missing, otherwise a message each.

    A joined message takes the id and the moment of its first part, so joining it twice makes one message.
    """
    ordered = sorted(pieces, key=lambda piece: piece.part.number)
    first = ordered[0]
    groups = [ordered] if len(ordered) == first.part.total else [[piece] for piece in ordered]
    return [
        Inbound(
            id=group[0].id,
            sender=first.sender,
            recipient=first.recipient,
            text="".join(piece.text for piece in group),
            received_at=group[0].received_at,
        )
        for group in groups
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundPart:
    """One mobile-originated short message as a line read it; ``part`` says where it belongs in a longer one.

    ``tlvs`` are the optional parameters as they came: a USSD turn says there which session it belongs to.
    """

    sender: str
    recipient: str
    text: str
    part: Concatenation | None = None
    service_type: str = ""
    tlvs: tuple[tuple[int, bytes], ...] = ()

    @property
    def is_piece(self) -> bool:
        """One of several parts; a concatenation of one is whole."""
        return self.part is not None and self.part.total > 1

    @property
    def is_turn(self) -> bool:
        """A turn of a session (USSD), which is answered and not kept."""
        return self.service_type == USSD_SERVICE or any(tag == USSD_SERVICE_OP for tag, _ in self.tlvs)


def storable(text: str) -> str:
    """PostgreSQL keeps every character but NUL, and one NUL must not stop the flush it is in."""
    return text.replace("\0", "\ufffd")
