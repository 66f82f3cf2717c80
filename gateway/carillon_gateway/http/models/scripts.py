"""Scripts in JSON: what to say to a customer, and the library it comes from; it must not choose any."""

from typing import Annotated, Literal

from pydantic import Field

from carillon.channel.v1 import script_pb2
from carillon_gateway.http.models.catalogue import Prices, render_prices
from carillon_gateway.http.models.shapes import Answer, Body, ShortText, Text

Language = Literal["zh", "en"]
Situation = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["bill_query"])]
ScriptCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,32}$", examples=["bill-medium-zh"])]


class SpokenScript(Answer):
    """The script for this customer."""

    code: str
    title: str
    text: str | None = Field(description="What to say; null where it is said for each offer")


class SpokenOffer(Answer):
    """A service that the customer is matched with, why, and what to say of it."""

    service: str
    name: str
    place: int = Field(description="1 to 3, as matched")
    rule: str
    layer: int
    principle: str
    channels: list[str] = Field(description="The rule's advantage channels")
    advantage: bool = Field(description="Whether this touch point is one of them (CHN-04)")
    prices: Prices
    text: str


class Speech(Answer):
    """What to say at a touch point (CHN-03, CHN-17, CHN-18, CHN-38)."""

    touchpoint: str
    script: SpokenScript | None = Field(description="Null where no script is for this customer: say nothing")
    offers: list[SpokenOffer] = Field(description="At most three, those of the advantage channel first")
    shown: dict[str, str | None] = Field(
        description="What the script shows of the customer, such as the use of multimedia messages; null: not known"
    )


class Condition(Body):
    """One thing that must hold of a customer: a segment's id, or an attribute with one of the three beside it."""

    attribute: ShortText | None = Field(None, max_length=63, examples=["new_business_fen"])
    segment: ShortText | None = None
    at_least: float | None = None
    below: float | None = None
    equals: Text | None = Field(None, max_length=200, description="As it is written: a text, a number, true or false")


class PutScript(Body):
    """A script of the operator's own; what it says is the approved template ``script-<code>``, else the shipped text."""

    title: Text = Field(min_length=1, max_length=100)
    touchpoints: list[ShortText] = Field([], max_length=40, description="Codes of GET /channels; none: everywhere")
    situation: Situation
    language: Language
    audience: list[Condition] = Field([], max_length=10, description="All of it must hold; none: everyone")
    shows: list[ShortText] = Field([], max_length=10, description="Attributes that whoever speaks is shown")
    rank: int = Field(5, ge=1, le=9, description="Of several that fit the lowest; of equals the one with an audience")
    retired: bool = False


class Script(Answer):
    """A script as it stands; ``version`` is 0 for a shipped one."""

    code: str
    title: str
    touchpoints: list[str]
    situation: str
    language: Language
    audience: list[Condition]
    shows: list[str]
    rank: int
    retired: bool
    text: str
    version: int


class ScriptLibrary(Answer):
    """The shipped scripts, and over them the operator's own, by code."""

    scripts: list[Script]


def parse_script(code: str, body: PutScript) -> script_pb2.Script:
    """The script for svc-channel."""
    return script_pb2.Script(
        code=code,
        title=body.title,
        touchpoints=body.touchpoints,
        situation=body.situation,
        language=body.language,
        audience=[script_pb2.ScriptCondition(**one.model_dump(exclude_none=True)) for one in body.audience],
        shows=body.shows,
        rank=body.rank,
        retired=body.retired,
    )


def render_script(script: script_pb2.Script) -> Script:
    """The script as JSON has it."""
    return Script.model_validate(
        {
            "code": script.code,
            "title": script.title,
            "touchpoints": list(script.touchpoints),
            "situation": script.situation,
            "language": script.language,
            "audience": [_condition(one) for one in script.audience],
            "shows": list(script.shows),
            "rank": script.rank,
            "retired": script.retired,
            "text": script.text,
            "version": script.version,
        }
    )


def render_speech(speech: script_pb2.SpeakResponse) -> Speech:
    """What to say as JSON has it."""
    said = speech.script
    return Speech(
        touchpoint=speech.touchpoint,
        script=SpokenScript(code=said.code, title=said.title, text=said.text or None)
        if speech.HasField("script")
        else None,
        offers=[_offer(offer) for offer in speech.offers],
        shown={one.name: one.value if one.HasField("value") else None for one in speech.shown},
    )


def _condition(one: script_pb2.ScriptCondition) -> Condition:
    return Condition(
        attribute=one.attribute or None,
        segment=one.segment or None,
        at_least=one.at_least if one.HasField("at_least") else None,
        below=one.below if one.HasField("below") else None,
        equals=one.equals if one.HasField("equals") else None,
    )


def _offer(offer: script_pb2.SpokenOffer) -> SpokenOffer:
    return SpokenOffer(
        service=offer.service,
        name=offer.name,
        place=offer.place,
        rule=offer.rule,
        layer=offer.layer,
        principle=offer.principle,
        channels=list(offer.channels),
        advantage=offer.advantage,
        prices=render_prices(offer),
        text=offer.text,
    )
