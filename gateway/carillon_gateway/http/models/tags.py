"""Tags and scenes in JSON; it must not decide anything."""

from datetime import date
from typing import Annotated

from pydantic import Field

from carillon.segment.v1 import tag_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText, Text

CODE = r"^[A-Z][A-Z0-9_]{0,39}$"


class PutScene(Body):
    """How a scene is watched and which tag it gives."""

    path: Text = Field(min_length=1, max_length=200, description="1 to 3 levels", examples=["circle/work"])
    confidence: float = Field(gt=0, lt=1, description="How often the tag is right", examples=[0.75])
    window_days: int = Field(ge=1, le=62, description="How far it looks back; older days are forgotten", examples=[28])
    least_days: int = Field(ge=1, le=62, description="On how many days one must be seen", examples=[8])
    from_hour: int = Field(0, ge=0, le=23, description="Local time")
    to_hour: int = Field(24, ge=1, le=24, description="Local time")
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default=[], max_length=7, description="1 is Monday; empty is every day"
    )


class Scene(Answer):
    """A scene that is watched."""

    code: str
    path: str
    confidence: float
    window_days: int
    least_days: int
    from_hour: int
    to_hour: int
    weekdays: list[int]


class Scenes(Answer):
    """All scenes that are watched."""

    scenes: list[Scene]


class Cell(Body):
    """The scenes that lie in a cell."""

    cell: ShortText = Field(min_length=1)
    scenes: list[Annotated[Text, Field(pattern=CODE)]] = Field(
        max_length=20, description="Codes; none takes the cell out of all"
    )


class PutCells(Body):
    """Cells with their scenes, up to 1,000 a call."""

    cells: list[Cell] = Field(min_length=1, max_length=1000)


class CellsPut(Answer):
    """How many cells were told."""

    cells: int


class TagSegment(Body):
    """A tag for the members of a segment as they are now."""

    path: Text = Field(min_length=1, max_length=200, examples=["music/classical"])
    segment_id: Text = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    confidence: float = Field(gt=0, lt=1, examples=[0.7])
    valid_days: int = Field(0, ge=0, le=730, description="0: until it is taken back")


class Tagged(Answer):
    """How many carry the tag by this segment."""

    count: int


class RemoveTag(Body):
    """A tag to take from everyone, by one source or by all."""

    path: Text = Field(min_length=1, max_length=200)
    source: Text = Field("", max_length=200)


class TagSource(Answer):
    """Who gave a tag, and how sure it is by that."""

    source: str = Field(examples=["scene:WORK:1"])
    confidence: float
    observed_on: date
    expires_on: date | None


class Tag(Answer):
    """A tag of the tree."""

    path: str
    count: int | None = Field(description="Absent for fewer than 20: so few are persons, not a group")
    sources: list[TagSource]


class Tags(Answer):
    """The tree of tags, by path."""

    tags: list[Tag]
    as_of: date | None = Field(description="The day up to which tags were brought; null before the first")


class SubscriberTag(Answer):
    """A tag that one subscriber carries."""

    path: str = Field(examples=["circle/work"])
    confidence: float = Field(description="Never certain", examples=[0.75])
    observed_on: date


def parse_scene(code: str, body: PutScene) -> tag_pb2.Scene:
    """The scene as svc-segment takes it."""
    return tag_pb2.Scene(code=code, **body.model_dump())


def render_scene(scene: tag_pb2.Scene) -> Scene:
    """A scene as JSON has it."""
    return Scene(
        code=scene.code,
        path=scene.path,
        confidence=scene.confidence,
        window_days=scene.window_days,
        least_days=scene.least_days,
        from_hour=scene.from_hour,
        to_hour=scene.to_hour,
        weekdays=list(scene.weekdays),
    )


def render_tag(tag: tag_pb2.Tag) -> Tag:
    """A tag as JSON has it."""
    return Tag(
        path=tag.path,
        count=tag.count if tag.HasField("count") else None,
        sources=[
            TagSource(
                source=one.source,
                confidence=one.confidence,
                observed_on=date.fromisoformat(one.observed_on),
                expires_on=date.fromisoformat(one.expires_on) if one.expires_on else None,
            )
            for one in tag.sources
        ],
    )


def render_tags(message: tag_pb2.ListTagsResponse) -> Tags:
    """The tree as JSON has it."""
    return Tags(tags=[render_tag(tag) for tag in message.tags], as_of=render_tag_day(message))


def render_tag_day(message: tag_pb2.ListTagsResponse | tag_pb2.ListSubscriberTagsResponse) -> date | None:
    """The day up to which tags were brought."""
    return date.fromisoformat(message.as_of) if message.as_of else None


def render_subscriber_tags(message: tag_pb2.ListSubscriberTagsResponse) -> list[SubscriberTag]:
    """One subscriber's tags as JSON has them."""
    return [
        SubscriberTag(
            path=tag.path, confidence=round(tag.confidence, 4), observed_on=date.fromisoformat(tag.observed_on)
        )
        for tag in message.tags
    ]
