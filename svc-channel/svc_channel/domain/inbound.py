"""A message that a subscriber wrote to one of our numbers; a value that checks nothing it can't know."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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
