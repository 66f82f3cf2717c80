"""A message that a subscriber wrote to one of our numbers; a value that checks nothing it can't know."""

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
    def is_turn(self) -> bool:
        """A turn of a session (USSD), which is answered and not kept."""
        return self.service_type == USSD_SERVICE or any(tag == USSD_SERVICE_OP for tag, _ in self.tlvs)
