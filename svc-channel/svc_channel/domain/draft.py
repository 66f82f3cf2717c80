"""One message as somebody asks for it, before anything is known about its receiver; a value that checks its shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.fallback import check_chain
from svc_channel.domain.template import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A text, or a template with its values, or the JSON of a channel that needs more than text.

    Raises InvalidInput CONTENT_INVALID when it is not exactly one of text and template.
    """

    text: str = ""
    template: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    data: bytes | None = None

    def __post_init__(self) -> None:
        if self.template and self.text:
            raise _invalid("give a text or the name of a template, not both")
        if self.values and not self.template:
            raise _invalid("values belong to a template; name it")
        if not (self.template or self.text or self.data):
            raise _invalid("give a text, the name of a template, or data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One channel and what goes by it."""

    channel: Channel
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants sent to one subscriber; ``ways`` are tried one after the other.

    Raises InvalidInput CHAIN_INVALID for ways that may not follow one another.
    """

    subscriber_id: int
    ways: tuple[Way, ...]
    message_class: MessageClass
    sender: str = ""
    category: str = ""
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        check_chain([way.channel for way in self.ways])


def _invalid(detail: str) -> InvalidInput:
    return InvalidInput(reason="CONTENT_INVALID", field="content", detail=detail)
