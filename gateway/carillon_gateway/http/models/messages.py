"""Single messages and consents in JSON; it must not judge them."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StrictInt

from carillon.channel.v1 import consent_pb2, single_pb2, template_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Msisdn,
    ShortText,
    Text,
    parse_time,
    render_optional_time,
    render_state,
    render_time,
)

Channel = Literal["sms", "wap_push", "ussd", "mms", "mobile_market"]
MessageClass = Literal["marketing", "service", "reply"]
MessageState = Literal["queued", "sending", "in_doubt", "sent", "delivered", "failed"]
MessageText = Annotated[Text, Field(min_length=1, max_length=2000)]
Values = Annotated[
    dict[str, StrictInt | Annotated[Text, Field(max_length=200)]],
    Field(max_length=20, examples=[{"service": "CRBT", "premium_price": 200}]),
]
TemplateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$", examples=["price-confirmation"])]
# What svc-channel takes of it.
DATA_LIMIT_BYTES = 65_536
LARGEST_VALUE = 2**63 - 1


class MessageContent(Body):
    """A text, or the name of an approved template with its values, or the data of a channel that needs more."""

    text: MessageText | None = None
    template: TemplateName | None = None
    values: Values = Field(default_factory=dict)
    data: dict[str, Any] | None = None


class FallbackStep(Body):
    """What follows when the channel before it fails; the same content again where none is given."""

    channel: Channel
    content: MessageText | MessageContent | None = None


class SendMessage(Body):
    """One message to one subscriber (CHN-06)."""

    to: Msisdn
    channel: Channel = "sms"
    content: MessageText | MessageContent
    message_class: MessageClass = Field(default="service", alias="class")
    sender: str | None = Field(default=None, pattern=r"^\d{3,20}$", examples=["10086"])
    category: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["music"])
    expires_at: AwareDatetime | None = None
    fallback: list[FallbackStep] = Field(default_factory=list, max_length=3)


class FailedStep(Answer):
    """One way that was tried, or that the handset could not show."""

    channel: Channel
    reason: str
    at: datetime


class Message(Answer):
    """Where it stands; ``text`` is null for roles that may not read it."""

    id: str
    state: MessageState
    reason: str | None
    channel: Channel
    message_class: MessageClass = Field(serialization_alias="class")
    category: str | None
    sender: str
    parts: int
    text: str | None
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    failed_steps: list[FailedStep]
    fallback: list[Channel]


class RecordConsent(Body):
    """What the subscriber said, and how that is known."""

    scope: ShortText = Field(
        description="all, do_not_disturb, channel:NAME or category:NAME", examples=["all", "channel:sms"]
    )
    state: Literal["granted", "withdrawn"]
    evidence: Annotated[Text, Field(min_length=1, max_length=200)] = Field(examples=["form 2026-1187"])
    text: Annotated[Text, Field(max_length=2000)] | None = Field(
        default=None, description="What the subscriber wrote or was shown"
    )


class Consent(Answer):
    """One line of the ledger: what, when, by which message or person, and the text seen."""

    number: int
    scope: str
    state: Literal["granted", "withdrawn"]
    at: datetime
    source: Literal["inbound", "operator"]
    evidence: str
    actor: str | None
    text: str | None


class Consents(Answer):
    """What counts for each scope, on the first page, and the ledger behind it, the latest first."""

    current: list[Consent]
    entries: list[Consent]
    next_page_token: str | None


def parse_content(content: str | MessageContent) -> single_pb2.SingleContent:
    """The content as svc-channel takes it; a bare string is its text."""
    if isinstance(content, str):
        return single_pb2.SingleContent(text=content)
    return single_pb2.SingleContent(
        text=content.text or "",
        template=content.template or "",
        values=parse_values(content.values),
        data=json.dumps(content.data, ensure_ascii=False).encode() if content.data is not None else b"",
    )


def parse_values(values: dict[str, int | str]) -> list[template_pb2.TemplateValue]:
    """The values of placeholders. A number that svc-channel can't take goes as a text, and is refused by its type."""
    return [
        template_pb2.TemplateValue(name=name, integer=value)
        if isinstance(value, int) and abs(value) <= LARGEST_VALUE
        else template_pb2.TemplateValue(name=name, text=str(value))
        for name, value in values.items()
    ]


def parse_message(body: SendMessage, *, request_id: str, subscriber_id: int) -> single_pb2.SendMessageRequest:
    """The message as svc-channel takes it."""
    return single_pb2.SendMessageRequest(
        request_id=request_id,
        subscriber_id=subscriber_id,
        channel=body.channel,
        content=parse_content(body.content),
        message_class=body.message_class,
        sender=body.sender or "",
        category=body.category or "",
        expires_at=parse_time(body.expires_at) if body.expires_at is not None else None,
        fallback=[
            single_pb2.FallbackStep(
                channel=step.channel, content=parse_content(step.content) if step.content is not None else None
            )
            for step in body.fallback
        ],
    )


def render_message(message: single_pb2.SingleMessage) -> Message:
    """The message as JSON has it."""
    return Message(
        id=message.id,
        state=message.state,
        reason=message.reason or None,
        channel=message.channel,
        message_class=message.message_class,
        category=message.category or None,
        sender=message.sender,
        parts=message.parts,
        text=None if message.text_masked else message.text,
        created_at=render_time(message.created_at),
        due_at=render_optional_time(message, "due_at"),
        expires_at=render_optional_time(message, "expires_at"),
        ended_at=render_optional_time(message, "ended_at"),
        failed_steps=[
            FailedStep(channel=step.channel, reason=step.reason, at=render_time(step.at))
            for step in message.failed_steps
        ],
        fallback=list(message.fallback),
    )


def render_consent(consent: consent_pb2.Consent) -> Consent:
    """One line as JSON has it."""
    return Consent(
        number=consent.number,
        scope=consent.scope,
        state=render_state(consent_pb2.ConsentState.Name(consent.state), "CONSENT_STATE_"),
        at=render_time(consent.at),
        source=render_state(consent_pb2.ConsentSource.Name(consent.source), "CONSENT_SOURCE_"),
        evidence=consent.evidence,
        actor=consent.actor or None,
        text=consent.text or None,
    )
