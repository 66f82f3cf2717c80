"""A script as data that checks itself: where and when it is said, and for whom; must not speak it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.template import TEXT_LIMIT, Kind, Template, read_template

CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,32}")
SITUATION: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
TITLE_LENGTH: Final = 100
TOUCHPOINTS_LIMIT: Final = 40
CONDITIONS_LIMIT: Final = 10
SHOWS_LIMIT: Final = 10
RANKS: Final = range(1, 10)
STANDARD_RANK: Final = 5
# The approved template of this name is what a script says; a shipped script has a text of its own until there is one.
TEMPLATE_PREFIX: Final = "script-"
# What a script can speak of: the service's name, and its three prices in words, premium, ordinary, no member (CHN-33).
SERVICE: Final = "service"
PRICES: Final = "prices"
PLACEHOLDERS: Final[Mapping[str, Kind]] = {SERVICE: Kind.TEXT, PRICES: Kind.TEXT}

# What an attribute may be.
Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a customer: attributes by name, and the ids of segments."""

    attributes: Mapping[str, Value]
    segments: frozenset[str] = frozenset()


NOBODY: Final = Profile(attributes={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Membership of a segment, or an attribute that is at least, below or equal. Raises InvalidInput SCRIPT_INVALID."""

    attribute: str = ""
    segment: str = ""
    at_least: float | None = None
    below: float | None = None
    equals: str | None = None

    def __post_init__(self) -> None:
        compared = any(one is not None for one in (self.at_least, self.below, self.equals))
        if bool(self.attribute) == bool(self.segment) or bool(self.attribute) != compared:
            raise refused(
                "audience", "a condition names a segment, or an attribute with at_least, below or equals beside it"
            )

    def holds(self, profile: Profile) -> bool:
        """Whether it does; of whom the attribute is not known it does not."""
        if self.segment:
            return self.segment in profile.segments
        value = profile.attributes.get(self.attribute)
        if value is None or (self.equals is not None and write_value(value) != self.equals):
            return False
        if self.at_least is None and self.below is None:
            return True
        if isinstance(value, bool | str):
            return False
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script (CHN-17, CHN-18, CHN-38). No ``touchpoints``: said everywhere; no ``audience``: for everyone.

    ``text`` is what a shipped one says; one of the operator's is empty and says its approved template. Of several that
    fit the lowest ``rank`` goes first. Raises InvalidInput SCRIPT_INVALID with the field.
    """

    code: str
    title: str
    situation: str
    language: Language
    touchpoints: tuple[str, ...] = ()
    audience: tuple[Condition, ...] = ()
    shows: tuple[str, ...] = ()
    rank: int = STANDARD_RANK
    retired: bool = False
    text: str = ""

    def __post_init__(self) -> None:
        for broken, field, detail in (
            (CODE.fullmatch(self.code) is None, "code", "a small letter, then letters, digits and -, at most 33"),
            (SITUATION.fullmatch(self.situation) is None, "situation", "small letters, digits and _, at most 40"),
            (not 1 <= len(self.title.strip()) <= TITLE_LENGTH, "title", f"1 to {TITLE_LENGTH} characters"),
            (len(self.touchpoints) > TOUCHPOINTS_LIMIT, "touchpoints", f"at most {TOUCHPOINTS_LIMIT}"),
            (len(self.audience) > CONDITIONS_LIMIT, "audience", f"at most {CONDITIONS_LIMIT} conditions"),
            (len(self.shows) > SHOWS_LIMIT, "shows", f"at most {SHOWS_LIMIT} attributes"),
            (self.rank not in RANKS, "rank", f"{RANKS.start} to {RANKS.stop - 1}"),
            (len(self.text) > TEXT_LIMIT, "text", f"at most {TEXT_LIMIT} characters"),
        ):
            if broken:
                raise refused(field, detail)

    @property
    def template(self) -> str:
        """The name of the template that it says."""
        return TEMPLATE_PREFIX + self.code

    def is_said(self, touchpoint: str, situation: str, language: Language) -> bool:
        """Whether it is for this touch point, situation and language."""
        everywhere = not self.touchpoints or touchpoint in self.touchpoints
        return everywhere and self.situation == situation and self.language is language and not self.retired

    def is_for(self, profile: Profile) -> bool:
        """Whether all of its audience holds of the customer."""
        return all(condition.holds(profile) for condition in self.audience)


def read_saying(text: str) -> Template:
    """The text read; raises InvalidInput SCRIPT_UNFILLED for a placeholder that nobody at a touch point could fill."""
    template = read_template(text)
    for placeholder in template.placeholders:
        if PLACEHOLDERS.get(placeholder.name) is not placeholder.kind:
            known = ", ".join(f"{{{name}:{kind}}}" for name, kind in PLACEHOLDERS.items())
            raise InvalidInput(
                reason="SCRIPT_UNFILLED",
                field="text",
                detail=f"a script can't fill {{{placeholder.name}:{placeholder.kind}}}; it knows {known}",
            )
    return template


def write_value(value: Value) -> str:
    """An attribute as people and ``equals`` write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def read_script(data: Mapping[str, Any]) -> Script:
    """The script in plain data, as YAML and JSON give it. Raises InvalidInput SCRIPT_INVALID."""
    try:
        audience = tuple(Condition(**condition) for condition in data.get("audience", ()))
        listed = {name: tuple(data.get(name, ())) for name in ("touchpoints", "shows")}
        return Script(**{**data, **listed, "language": Language(data["language"]), "audience": audience})
    except (TypeError, KeyError, ValueError) as error:
        raise refused("script", f"it can't be read: {error}") from error


def write_script(script: Script) -> dict[str, Any]:
    """Plain data that read_script reads as the same script."""
    return {
        "code": script.code,
        "title": script.title,
        "situation": script.situation,
        "language": script.language.value,
        "touchpoints": list(script.touchpoints),
        "audience": [
            {
                "attribute": one.attribute,
                "segment": one.segment,
                "at_least": one.at_least,
                "below": one.below,
                "equals": one.equals,
            }
            for one in script.audience
        ],
        "shows": list(script.shows),
        "rank": script.rank,
        "retired": script.retired,
    }


def refused(field: str, detail: str) -> InvalidInput:
    """A script that can't be."""
    return InvalidInput(reason="SCRIPT_INVALID", field=field, detail=detail)
