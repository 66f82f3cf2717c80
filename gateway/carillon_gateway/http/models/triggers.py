"""What campaigns answer to at once, in JSON; it must not judge a trigger beyond its shape."""

from pydantic import Field

from carillon.campaign.v1 import campaign_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText, Text


class Trigger(Body):
    """A text that counts as an answer, or an event; with a template a member who is not held out is sent that, once."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["uplink"])
    keyword: str = Field(
        default="", pattern=r"^([a-z][a-z0-9_-]{0,39})?$", description="The name of a keyword; empty for any text"
    )
    recipient: str = Field(
        default="",
        pattern=r"^([0-9]{3,20}\*?)?$",
        description="The number that is written to; with * every longer one too",
        examples=["12520*"],
    )
    event: Text = Field(default="", max_length=64, description="A type of event, in place of a text")
    attributes: dict[str, ShortText] = Field(
        default_factory=dict, max_length=10, description="What the event has to say, all of it"
    )
    template: Text = Field(
        default="", max_length=1000, description="Sent at once by SMS, with {link} as its only placeholder"
    )
    unless_services: list[ShortText] = Field(
        default_factory=list, max_length=20, description="Who uses one of these is not sent it", examples=[["CRBT"]]
    )


class TriggerView(Answer):
    """A trigger as planned."""

    name: str
    keyword: str
    recipient: str
    event: str
    attributes: dict[str, str]
    template: str
    unless_services: list[str]


def parse_trigger(trigger: Trigger) -> campaign_pb2.Trigger:
    """The trigger for svc-campaign."""
    return campaign_pb2.Trigger(**trigger.model_dump())


def render_trigger(trigger: campaign_pb2.Trigger) -> TriggerView:
    """The trigger as JSON has it."""
    return TriggerView(
        name=trigger.name,
        keyword=trigger.keyword,
        recipient=trigger.recipient,
        event=trigger.event,
        attributes=dict(trigger.attributes),
        template=trigger.template,
        unless_services=list(trigger.unless_services),
    )
