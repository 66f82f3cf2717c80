"""What an arm is told: by which channel, with what beside the text, and what follows where that fails; sends nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.template import Template

SMS: Final = "sms"
WAP_PUSH: Final = "wap_push"
USSD: Final = "ussd"
MMS: Final = "mms"
MOBILE_MARKET: Final = "mobile_market"

# What a channel's content has to say, and what it may; the text itself is the template. svc-channel reads the values.
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    SMS: frozenset(),
    USSD: frozenset(),
    WAP_PUSH: frozenset({"kind", "href"}),
    MMS: frozenset({"resource"}),
    MOBILE_MARKET: frozenset({"kind"}),
}
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    WAP_PUSH: frozenset({"action", "si_id", "created", "expires"}),
    MMS: frozenset({"subject"}),
    MOBILE_MARKET: frozenset({"items", "slot"}),
}
# The kinds of push: an indication shows the text beside its link, a loading opens the link alone.
_PUSH_KINDS: Final = ("si", "sl")
_INDICATION: Final = "si"
# An app store takes a list of items.
_ITEMS: Final = "items"
# Whose failure an SMS cures; a text is told the plainest way there is, and an offer belongs into its store.
_FALLING: Final = frozenset({MMS, WAP_PUSH, USSD})

Content = Mapping[str, Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Equally long columns of what contacts are told; None for what none of them is."""

    texts: Sequence[str]
    contents: Sequence[bytes] | None = None
    pushes: Sequence[bytes] | None = None
    fallbacks: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text by a channel, what that needs beside it, and the ways that follow where it fails: a push, then an SMS.

    ``push`` follows a multimedia message alone; ``fallback`` is the SMS at the end (MMS, then WAP push, then SMS; USSD,
    then SMS). ``cell`` is the cell of the network whose rate the messages keep (CHN-15).

    Raises InvalidInput: CHANNEL_UNKNOWN, TEMPLATE_MISSING, CONTENT_MISSING, CONTENT_UNKNOWN, PUSH_KIND, CHAIN_INVALID.
    """

    channel: str = SMS
    template: Template | None = None
    content: Content = field(default_factory=dict)
    push: Content = field(default_factory=dict)
    fallback: Template | None = None
    cell: str = ""

    def __post_init__(self) -> None:
        """Refuses what its channel could not carry, and a chain that no network goes down."""
        if self.channel not in _NEEDED:
            raise _refused("CHANNEL_UNKNOWN", "channel", f"{self.channel} is none of {', '.join(sorted(_NEEDED))}.")
        self._check_text()
        _check_content(self.channel, self.content, "content")
        if self.push:
            if self.channel != MMS:
                raise _refused("CHAIN_INVALID", "push", f"A push may follow an mms, and no {self.channel}.")
            _check_content(WAP_PUSH, self.push, "push")
        if self.fallback is not None:
            if self.channel not in _FALLING:
                raise _refused("CHAIN_INVALID", "fallback", f"Nothing may follow {self.channel}.")
            if not self.fallback.source.strip():
                raise _refused("TEMPLATE_MISSING", "fallback", "The SMS that follows needs a text.")

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes that its templates need, each once."""
        return tuple(dict.fromkeys(name for template in self._templates() for name in template.attributes))

    @property
    def has_link(self) -> bool:
        """Whether each contact needs a tracked link."""
        return any(template.has_link for template in self._templates())

    def render(self, columns: Mapping[str, Sequence[object]], links: Sequence[str], count: int) -> Rendered:
        """What `count` contacts are told, from equally long columns of attribute values and of links."""
        texts = [""] * count if self.template is None else self.template.render(columns, links, count)

        def contents(channel: str, content: Content) -> Sequence[bytes] | None:
            if not content:
                return None
            filled = {name: template.render(columns, links, count) for name, template in content.items()}
            return [
                _write(channel, {name: values[row] for name, values in filled.items()}, texts[row])
                for row in range(count)
            ]

        return Rendered(
            texts=texts,
            contents=contents(self.channel, self.content),
            pushes=contents(WAP_PUSH, self.push),
            fallbacks=None if self.fallback is None else self.fallback.render(columns, links, count),
        )

    def _templates(self) -> Iterator[Template]:
        yield from (template for template in (self.template, self.fallback) if template is not None)
        yield from self.content.values()
        yield from self.push.values()

    def _check_text(self) -> None:
        shown = self.channel in {SMS, USSD} or _shows_text(self.content) or _shows_text(self.push)
        if (self.template is None and shown) or (self.template is not None and not self.template.source.strip()):
            raise _refused("TEMPLATE_MISSING", "template", f"A message by {self.channel} needs a text to send.")


def _shows_text(push: Content) -> bool:
    return "kind" in push and push["kind"].source == _INDICATION


def _check_content(channel: str, content: Content, name: str) -> None:
    needed = _NEEDED[channel]
    missing = needed - content.keys()
    if missing:
        raise _refused("CONTENT_MISSING", name, f"A message by {channel} needs {', '.join(sorted(missing))}.")
    unknown = content.keys() - needed - _ALLOWED.get(channel, frozenset())
    if unknown:
        raise _refused("CONTENT_UNKNOWN", name, f"A message by {channel} has no {', '.join(sorted(unknown))}.")
    if channel == WAP_PUSH and content["kind"].source not in _PUSH_KINDS:
        raise _refused("PUSH_KIND", name, f"A push is an si or an sl, not {content['kind'].source}.")


def _write(channel: str, values: Mapping[str, str], text: str) -> bytes:
    """The JSON of one message, as svc-channel reads it."""
    said: dict[str, str | list[str]] = dict(values)
    if channel == WAP_PUSH and values["kind"] == _INDICATION:
        said["text"] = text
    if channel == MOBILE_MARKET and _ITEMS in values:
        said[_ITEMS] = [item.strip() for item in values[_ITEMS].split(",") if item.strip()]
    return json.dumps(said, ensure_ascii=False).encode()


def _refused(reason: str, name: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=f"plan.arms.{name}", detail=detail)
