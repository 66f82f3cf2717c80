"""Templates and the operator's rules of contact in JSON; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from carillon.channel.v1 import contact_rule_pb2, template_pb2
from carillon_gateway.http.models.messages import Channel, MessageText, TemplateName, Values
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    ShortText,
    Text,
    render_optional_time,
    render_state,
    render_time,
)

Words = Annotated[Text, Field(max_length=200)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["21:00"])]


class CreateTemplate(Body):
    """The next version of a name; ``price_confirmation`` must show the three members' prices (CHN-33)."""

    name: TemplateName
    text: MessageText = Field(examples=["{service:text}: {premium_price:money}"])
    purpose: Literal["general", "price_confirmation"] = "general"


class PreviewTemplate(Body):
    """Values to show it with; examples stand in for those that are missing."""

    values: Values = Field(default_factory=dict)


class ApproveTemplate(Body):
    """A word of the approver's, if there is any."""

    judgement: Words | None = None


class RejectTemplate(Body):
    """Why it is rejected."""

    judgement: Annotated[Text, Field(min_length=1, max_length=200)]


class Placeholder(Answer):
    """A name and what may stand there."""

    name: str
    type: Literal["text", "integer", "money", "date", "link"]


class Preview(Answer):
    """What a subscriber would read, and what it takes for one."""

    text: str
    encoding: Literal["gsm7", "ucs2"]
    characters: int
    segments: int
    cost: Money


class Template(Answer):
    """One version, who made it, and who judged it."""

    id: str
    name: str
    version: int
    purpose: Literal["general", "price_confirmation"]
    text: str
    placeholders: list[Placeholder]
    state: Literal["draft", "approved", "rejected"]
    made_by: str
    made_at: datetime
    judged_by: str | None
    judged_at: datetime | None
    judgement: str | None
    preview: Preview | None = None


class Templates(Answer):
    """By name, the latest version first."""

    templates: list[Template]
    next_page_token: str | None


class QuietHours(Body):
    """From ``starts`` on and until ``ends`` by the clock in China; without a channel, of all that have none of their own."""

    channel: Channel | None = None
    message_class: Literal["marketing", "service"] = Field(default="marketing", alias="class")
    starts: Clock
    ends: Clock
    ended: bool = Field(default=False, description="True ends the hours of this channel and class")


class ListedQuietHours(Answer):
    """Hours that stand."""

    channel: Channel | None
    message_class: Literal["marketing", "service"] = Field(serialization_alias="class")
    starts: str
    ends: str


class QuietHoursList(Answer):
    """All of them."""

    quiet_hours: list[ListedQuietHours]


class PutKeyword(Body):
    """A word that people write; exact, by prefix, as they spell, or anything to a number."""

    name: ShortText = Field(examples=["vote"])
    match: Literal["exact", "prefix", "fuzzy", "any"] = "exact"
    word: Annotated[Text, Field(max_length=40)] = ""
    recipient: str = Field(default="", pattern=r"^[0-9]{0,20}\*?$", examples=["12520*"])
    action: Literal["opt_out", "opt_in", "confirm_order", "tell"] = "tell"
    threshold: int = Field(default=85, ge=60, le=100)
    answer: Annotated[Text, Field(max_length=500)] = ""


class Keyword(Answer):
    """A word and its meaning."""

    id: int
    name: str
    match: Literal["exact", "prefix", "fuzzy", "any"]
    word: str
    recipient: str
    action: Literal["opt_out", "opt_in", "confirm_order", "tell"]
    threshold: int
    answer: str


class Keywords(Answer):
    """All of them, the oldest first."""

    keywords: list[Keyword]


class ForbiddenWord(Body):
    """A word that may not go out, and why."""

    word: Annotated[Text, Field(min_length=1, max_length=40)]
    reason: Annotated[Text, Field(min_length=1, max_length=200)]


class ForbiddenWords(Answer):
    """All of them."""

    forbidden_words: list[ForbiddenWord]


def render_preview(preview: template_pb2.TemplatePreview) -> Preview:
    """The preview as JSON has it."""
    return Preview(
        text=preview.text,
        encoding=preview.encoding,
        characters=preview.characters,
        segments=preview.segments,
        cost=Money(amount_fen=preview.cost_fen),
    )


def render_template(template: template_pb2.Template, preview: Preview | None = None) -> Template:
    """One version as JSON has it."""
    return Template(
        id=template.id,
        name=template.name,
        version=template.version,
        purpose=render_state(template_pb2.TemplatePurpose.Name(template.purpose), "TEMPLATE_PURPOSE_"),
        text=template.text,
        placeholders=[Placeholder(name=one.name, type=one.type) for one in template.placeholders],
        state=render_state(template_pb2.TemplateState.Name(template.state), "TEMPLATE_STATE_"),
        made_by=template.made_by,
        made_at=render_time(template.made_at),
        judged_by=template.judged_by or None,
        judged_at=render_optional_time(template, "judged_at"),
        judgement=template.judgement or None,
        preview=preview,
    )


def render_quiet_hours(hours: contact_rule_pb2.QuietHours) -> ListedQuietHours:
    """Hours as JSON has them."""
    return ListedQuietHours(
        channel=hours.channel or None,
        message_class=hours.message_class,
        starts=hours.starts,
        ends=hours.ends,
    )


def parse_keyword(body: PutKeyword) -> contact_rule_pb2.Keyword:
    """A word as svc-channel takes it."""
    return contact_rule_pb2.Keyword(
        name=body.name,
        match=contact_rule_pb2.KeywordMatch.Value(f"KEYWORD_MATCH_{body.match.upper()}"),
        word=body.word,
        recipient=body.recipient,
        action=contact_rule_pb2.KeywordAction.Value(f"KEYWORD_ACTION_{body.action.upper()}"),
        threshold=body.threshold,
        answer=body.answer,
    )


def render_keyword(keyword: contact_rule_pb2.Keyword) -> Keyword:
    """A word as JSON has it."""
    return Keyword(
        id=keyword.id,
        name=keyword.name,
        match=render_state(contact_rule_pb2.KeywordMatch.Name(keyword.match), "KEYWORD_MATCH_"),
        word=keyword.word,
        recipient=keyword.recipient,
        action=render_state(contact_rule_pb2.KeywordAction.Name(keyword.action), "KEYWORD_ACTION_"),
        threshold=keyword.threshold,
        answer=keyword.answer,
    )
