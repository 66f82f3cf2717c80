"""The shapes of the resource library over HTTP; they must not decide what a handset is shown."""

from pydantic import Field

from carillon.channel.v1 import resource_pb2
from carillon_gateway.http.models.shapes import Answer


class Rendition(Answer):
    """One way to show a slide."""

    slot: int
    media_type: str
    size: int = Field(description="Octets")
    sha256: str = Field(description="Of the octets, in hexadecimal")


class Resource(Answer):
    """What a multimedia message can show: by slide, the smallest rendition first."""

    id: str
    renditions: list[Rendition]


def render_rendition(rendition: resource_pb2.Rendition) -> Rendition:
    """The message as JSON has it."""
    return Rendition(slot=rendition.slot, media_type=rendition.media_type, size=rendition.size, sha256=rendition.sha256)
