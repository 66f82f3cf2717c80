"""Message templates: parsed once, rendered for many contacts; knows neither where values come from nor how texts are sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from carillon_chassis.errors import InvalidInput

# The placeholder that becomes the contact's own tracked link; no attribute may take its name here.
LINK = "link"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# A doubled brace is a brace, {name} a placeholder, a lone brace a mistake.
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One `{attribute}` or `{attribute|default}`; the default stands in for a missing value."""

    name: str
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with placeholders: `{attribute}`, `{attribute|what to say when missing}`, `{link}`, `{{` and `}}`.

    A missing value becomes the default, and without a default nothing, so that no contact is lost for a gap in the data.
    """

    source: str
    # A %-format with one %s a placeholder: the fastest way to fill thousands of rows.
    pattern: str
    placeholders: tuple[Placeholder, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes the template needs, each once, in order of appearance."""
        return tuple(dict.fromkeys(part.name for part in self.placeholders if part.name != LINK))

    @property
    def has_link(self) -> bool:
        """Whether each contact needs a tracked link."""
        return any(part.name == LINK for part in self.placeholders)

    def render(self, columns: Mapping[str, Sequence[object]], links: Sequence[str], count: int) -> list[str]:
        """Fills the template for `count` contacts from equally long columns of attribute values and of links."""
        filled: list[Sequence[str]] = []
        for part in self.placeholders:
            if part.name == LINK:
                filled.append(links)
            else:
                filled.append([part.default if value is None else as_text(value) for value in columns[part.name]])
        if not filled:
            return [self.pattern % ()] * count
        return [self.pattern % row for row in zip(*filled, strict=True)]


def parse_template(source: str, *, field: str) -> Template:
    """Reads a template; refuses with TEMPLATE_SYNTAX and the position (from 1) of the mistake."""
    pattern: list[str] = []
    placeholders: list[Placeholder] = []
    end = 0
    for token in _TOKEN.finditer(source):
        pattern.append(_literal(source[end : token.start()]))
        end = token.end()
        if token[0] in {"{{", "}}"}:
            pattern.append(token[0][0])
        else:
            placeholders.append(_placeholder(token, field))
            pattern.append("%s")
    pattern.append(_literal(source[end:]))
    return Template(source=source, pattern="".join(pattern), placeholders=tuple(placeholders))


def as_text(value: object) -> str:
    """Writes one attribute value as a subscriber reads it: whole numbers without a point, days as YYYY-MM-DD."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _placeholder(token: re.Match[str], field: str) -> Placeholder:
    position = token.start() + 1
    if token[1] is None:
        raise _syntax(field, position, f"a lone {token[0]}; write {token[0] * 2} for the sign itself")
    name, bar, default = token[1].partition("|")
    if not _NAME.fullmatch(name):
        raise _syntax(
            field, position, f"{{{token[1]}}} is no placeholder; write {{attribute}} or {{attribute|default}}"
        )
    if name == LINK and bar:
        raise _syntax(field, position, "{link} is never missing and takes no default")
    return Placeholder(name=name, default=default)


def _syntax(field: str, position: int, what: str) -> InvalidInput:
    return InvalidInput(
        reason="TEMPLATE_SYNTAX",
        field=field,
        detail=f"At character {position}: {what}.",
        metadata={"position": str(position)},
    )
