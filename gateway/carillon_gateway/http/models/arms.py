"""The arms of campaigns in JSON: whom they speak to, by which channel and what follows; it must not judge a channel's content."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from carillon.campaign.v1 import campaign_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Text

ChannelName = Literal["sms", "wap_push", "ussd", "mms", "mobile_market"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["mens"])]
Source = Annotated[Text, Field(max_length=1000)]


class Arm(Body):
    """One arm of a campaign: a segment and what it is told, or a hold-out that is told nothing."""

    name: Name
    segment_id: UUID
    holdout: bool = False
    template: Text = Field(
        default="",
        max_length=1000,
        description="Text with {attribute} and {link} placeholders; none for a hold-out, nor where a trigger answers",
    )
    channel: ChannelName = "sms"
    content: dict[str, Source] = Field(
        default_factory=dict,
        max_length=10,
        description="What the channel needs beside the text, with the same placeholders. wap_push: kind (si, sl), href; "
        "mms: resource, perhaps subject; mobile_market: kind, perhaps items (parted by commas) and slot",
        examples=[{"kind": "si", "href": "{link}"}],
    )
    push: dict[str, Source] = Field(
        default_factory=dict,
        max_length=10,
        description="The WAP push that follows where an mms fails, like its content",
    )
    fallback: Text = Field(
        default="", max_length=1000, description="The SMS that follows where all before it fail; empty for none"
    )
    cell: Text = Field(default="", max_length=64, description="The cell of the network whose rate the arm keeps")


class ArmView(Answer):
    """An arm as planned; the channel is null where nothing is sent before a trigger."""

    name: str
    segment_id: str
    holdout: bool
    template: str
    channel: ChannelName | None
    content: dict[str, str]
    push: dict[str, str]
    fallback: str
    cell: str


def parse_arm(arm: Arm) -> campaign_pb2.Arm:
    """The arm for svc-campaign, where no channel is SMS, or none at all for an arm that says nothing."""
    return campaign_pb2.Arm(
        name=arm.name,
        segment_id=str(arm.segment_id),
        holdout=arm.holdout,
        template=arm.template,
        channel="" if arm.channel == "sms" else arm.channel,
        content=arm.content,
        push=arm.push,
        fallback=arm.fallback,
        cell=arm.cell,
    )


def render_arm(arm: campaign_pb2.Arm) -> ArmView:
    """The arm as JSON has it."""
    return ArmView(
        name=arm.name,
        segment_id=arm.segment_id,
        holdout=arm.holdout,
        template=arm.template,
        channel=_channel(arm),
        content=dict(arm.content),
        push=dict(arm.push),
        fallback=arm.fallback,
        cell=arm.cell,
    )


def _channel(arm: campaign_pb2.Arm) -> ChannelName | None:
    match arm.channel:
        case "wap_push" | "ussd" | "mms" | "mobile_market" as named:
            return named
    return "sms" if arm.template else None
