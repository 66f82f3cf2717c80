"""What a subscriber was sent lately in JSON; texts are not shown, since one may carry a personal link."""

from datetime import datetime

from pydantic import Field

from carillon.channel.v1 import history_pb2
from carillon_gateway.http.models.shapes import Answer, render_optional_time, render_time


class Contact(Answer):
    """One message to the subscriber."""

    campaign_id: str | None = Field(description="Null for a message in no campaign")
    channel: str = Field(examples=["sms"])
    message_class: str = Field(description="marketing, service or reply", examples=["marketing"])
    sender: str = Field(description="The number it came from", examples=["10086"])
    state: str = Field(
        description="queued, sending, in_doubt, sent, delivered or failed; as svc-channel says it",
        examples=["delivered"],
    )
    reason: str | None = Field(description="Why it failed", examples=["UNDELIVERABLE"])
    taken_at: datetime = Field(description="When it was taken to be sent")
    ended_at: datetime | None = Field(description="When it was delivered or failed")


def render_contact(contact: history_pb2.Contact) -> Contact:
    """A contact as JSON has it."""
    return Contact(
        campaign_id=contact.campaign_id or None,
        channel=contact.channel,
        message_class=contact.message_class,
        sender=contact.sender,
        state=contact.state,
        reason=contact.reason or None,
        taken_at=render_time(contact.taken_at),
        ended_at=render_optional_time(contact, "ended_at"),
    )
