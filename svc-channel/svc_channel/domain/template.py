"""Texts with typed placeholders: read, filled and shown with what they cost; approves nothing and sends nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.text.gsm7 import encode_gsm7
from svc_channel.domain.text.segmentation import count_segments

TEXT_LIMIT = 2_000
VALUE_LIMIT = 200
# More than a text can carry sensibly.
PLACEHOLDERS_LIMIT = 20
# One million yuan: beyond any price in a message.
MONEY_LIMIT_FEN = 100_000_000
FEN_A_YUAN = 100

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# A doubled brace is a brace, {name:type} a placeholder, a lone brace a mistake.
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_LINK = re.compile(r"https?://[!-~]{1,190}")

Value = str | int


class Kind(StrEnum):
    """What may stand in a placeholder, and how it is written."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"
    """Fen as a whole number; written in yuan with two decimals."""
    DATE = "date"
    """YYYY-MM-DD, in and out."""
    LINK = "link"
    """An http or https address without blanks."""


# What a preview shows where it is given no value.
EXAMPLES: Mapping[Kind, Value] = {
    Kind.TEXT: "示例文字",
    Kind.INTEGER: 12345,
    Kind.MONEY: 12345,
    Kind.DATE: "2026-11-22",
    Kind.LINK: "https://example.com/r/0123456789",
}


class Purpose(StrEnum):
    """What a template is for; some purposes oblige it to say certain things."""

    GENERAL = "general"
    PRICE_CONFIRMATION = "price_confirmation"
    """Asks before a download or a subscription: must show the three members' prices (CHN-33)."""


# CHN-33: premium, ordinary, no member.
MEMBER_PRICES = ("premium_price", "ordinary_price", "non_member_price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One name and what may stand there."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a subscriber would read, and what it takes: ``characters`` as people count, ``cost_fen`` for one subscriber."""

    text: str
    encoding: str
    characters: int
    segments: int
    cost_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text that was read; ``placeholders`` each once, in the order in which they come first."""

    source: str
    placeholders: tuple[Placeholder, ...]

    def fill(self, values: Mapping[str, Value], *, examples: bool = False) -> str:
        """The text for one subscriber; ``examples`` stand in for what is missing, for previews alone.

        Raises InvalidInput: VALUE_MISSING, VALUE_UNKNOWN or VALUE_INVALID, the field naming the placeholder.
        """
        kinds = {one.name: one.kind for one in self.placeholders}
        for name in values:
            if name not in kinds:
                raise _refused("VALUE_UNKNOWN", f"values.{name}", "the template has no placeholder of this name")
        written: dict[str, str] = {}
        for name, kind in kinds.items():
            if name not in values and not examples:
                raise _refused("VALUE_MISSING", f"values.{name}", f"give a value of type {kind}")
            written[name] = WRITERS[kind](values.get(name, EXAMPLES[kind]), f"values.{name}")

        def replace(token: re.Match[str]) -> str:
            return token[0][0] if token[1] is None else written[token[1].partition(":")[0]]

        return _TOKEN.sub(replace, self.source)

    def check_purpose(self, purpose: Purpose) -> None:
        """Raises InvalidInput TEMPLATE_PRICES_MISSING when a confirmation does not show all three prices (CHN-33)."""
        prices = {one.name for one in self.placeholders if one.kind is Kind.MONEY}
        missing = [name for name in MEMBER_PRICES if name not in prices]
        if purpose is Purpose.PRICE_CONFIRMATION and missing:
            wanted = ", ".join(f"{{{name}:money}}" for name in missing)
            raise _refused("TEMPLATE_PRICES_MISSING", "text", f"whoever confirms sees all three prices; add {wanted}")


def read_template(source: str) -> Template:
    """Reads ``{name:type}``, ``{{`` and ``}}``; a name has one type. Raises InvalidInput TEMPLATE_INVALID with the place."""
    if not source.strip() or len(source) > TEXT_LIMIT or "\0" in source:
        raise _refused("TEMPLATE_INVALID", "text", f"a template has 1 to {TEXT_LIMIT} characters and no NUL")
    kinds: dict[str, Kind] = {}
    for token in _TOKEN.finditer(source):
        if token[0] in {"{{", "}}"}:
            continue
        placeholder = _placeholder(token)
        if kinds.setdefault(placeholder.name, placeholder.kind) is not placeholder.kind:
            raise _misplaced(token, f"{placeholder.name} has another type before")
    if len(kinds) > PLACEHOLDERS_LIMIT:
        raise _refused("TEMPLATE_INVALID", "text", f"at most {PLACEHOLDERS_LIMIT} placeholders")
    return Template(
        source=source, placeholders=tuple(Placeholder(name=name, kind=kind) for name, kind in kinds.items())
    )


def preview_text(text: str, *, segment_price_fen: int) -> Preview:
    """What a filled text takes. Raises InvalidInput TEXT_TOO_LONG and TEXT_NOT_UNICODE."""
    segments = count_segments(text)
    return Preview(
        text=text,
        encoding="ucs2" if encode_gsm7(text) is None else "gsm7",
        characters=len(text),
        segments=segments,
        cost_fen=segments * segment_price_fen,
    )


def _placeholder(token: re.Match[str]) -> Placeholder:
    if token[1] is None:
        raise _misplaced(token, f"a lone {token[0]}; write {token[0] * 2} for the sign itself")
    name, _, kind = token[1].partition(":")
    if not _NAME.fullmatch(name) or kind not in set(Kind):
        raise _misplaced(token, f"{{{token[1]}}} is no placeholder; write {{name:type}}, type {', '.join(Kind)}")
    return Placeholder(name=name, kind=Kind(kind))


def _write_text(value: Value, field: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= VALUE_LIMIT or "\0" in value:
        raise _invalid(field, f"a text of 1 to {VALUE_LIMIT} characters")
    return value


def _write_integer(value: Value, field: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(field, "a whole number")
    return str(value)


def _write_money(value: Value, field: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MONEY_LIMIT_FEN:
        raise _invalid(field, f"fen, a whole number of 0 to {MONEY_LIMIT_FEN}")
    return f"{value // FEN_A_YUAN}.{value % FEN_A_YUAN:02d}"


def _write_date(value: Value, field: str) -> str:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise _invalid(field, "a day, YYYY-MM-DD") from None


def _write_link(value: Value, field: str) -> str:
    if not isinstance(value, str) or not _LINK.fullmatch(value):
        raise _invalid(field, "an http or https address without blanks, at most 200 characters")
    return value


WRITERS: Mapping[Kind, Callable[[Value, str], str]] = {
    Kind.TEXT: _write_text,
    Kind.INTEGER: _write_integer,
    Kind.MONEY: _write_money,
    Kind.DATE: _write_date,
    Kind.LINK: _write_link,
}


def _invalid(field: str, wanted: str) -> InvalidInput:
    return _refused("VALUE_INVALID", field, f"this placeholder takes {wanted}")


def _misplaced(token: re.Match[str], what: str) -> InvalidInput:
    position = token.start() + 1
    return InvalidInput(
        reason="TEMPLATE_INVALID",
        field="text",
        detail=f"at character {position}: {what}",
        metadata={"position": str(position)},
    )


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
