"""What one message was to its subscriber; it must not carry the text, which may hold a personal link."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# What an attendant reads at a glance; who needs more asks for the campaign's report.
MAX_CONTACTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One message; ``campaign_id`` is None outside campaigns, ``ended_at`` None while it is under way."""

    campaign_id: UUID | None
    channel: str
    message_class: str
    sender: str
    state: str
    reason: str
    taken_at: datetime
    ended_at: datetime | None
