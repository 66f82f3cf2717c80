"""Writes the pages of WAP phones, XHTML Mobile Profile: small, and nothing in them but text; it must not decide any."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as escape_markup
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

MEDIA_TYPE: Final = "application/vnd.wap.xhtml+xml"
# The title bar of a phone of those days.
TITLE_LENGTH: Final = 20
INPUT_LENGTH: Final = 200
# How a screen writes its choices, and the keys at its foot; see svc-channel's paging.
CHOICE: Final = re.compile(r"([1-9][0-9]{0,2}) (.+)")
KEY: Final = re.compile(r"(00|0|#|\*)([^\W\d]\S*)")
# What XML has no way to write; nobody sees it anyway.
UNWRITABLE: Final = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
WORDS: Final = {"zh": "确定", "en": "OK"}
PAGE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//WAPFORUM//DTD XHTML Mobile 1.0//EN" "http://www.wapforum.org/DTD/xhtml-mobile10.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{language}">
<head><title>{title}</title></head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line that is picked by tapping it, and what picking it says."""

    label: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenParts:
    """A screen's text, its choices, and the keys at its foot."""

    lines: tuple[str, ...]
    choices: tuple[Link, ...]
    keys: tuple[Link, ...]


def read_screen(text: str) -> ScreenParts:
    """What a screen of a session is made of. A line that only looks like a choice becomes a link that leads nowhere."""
    lines = text.split("\n")
    foot = lines[-1].split(" ")
    keys = _links(KEY, foot)
    if len(keys) == len(foot):
        lines.pop()
    else:
        keys = ()
    said = tuple(line for line in lines if line and not CHOICE.fullmatch(line))
    return ScreenParts(lines=said, choices=_links(CHOICE, lines), keys=keys)


def screen_page(text: str, *, turn: str, ends: bool) -> Response:
    """The page of a screen; its links say which screen they answer, so that an old page answers no other question.

    The last screen of a session asks nothing: all of it is text, whatever its lines look like.
    """
    language = "en" if text.isascii() else "zh"
    if ends:
        lines = [line for line in text.split("\n") if line]
        return _page(lines[0] if lines else "", _paragraph(lines), language)
    parts = read_screen(text)

    def link(one: Link) -> str:
        query = escape(urlencode({"after": turn, "text": one.says}))
        return f'<a href="?{query}">{escape(one.label)}</a>'

    body = [_paragraph(parts.lines)]
    if parts.choices:
        body.append("<ol>" + "".join(f"<li>{link(one)}</li>" for one in parts.choices) + "</ol>")
    else:
        body.append(_form(language, name="text", hidden={"after": turn}))
    if parts.keys:
        body.append("<p>" + " ".join(link(one) for one in parts.keys) + "</p>")
    return _page(parts.lines[0] if parts.lines else "", "\n".join(body), language)


def question_page(text: str, *, title: str, language: str) -> Response:
    """A page that shows an answer and asks for the next question."""
    return _page(title, "\n".join([_paragraph(text.split("\n")), _form(language, name="q", hidden={})]), language)


def _links(pattern: re.Pattern[str], pieces: Sequence[str]) -> tuple[Link, ...]:
    return tuple(Link(label=found[2], says=found[1]) for piece in pieces if (found := pattern.fullmatch(piece)))


def _page(title: str, body: str, language: str) -> Response:
    content = PAGE.format(title=escape(title[:TITLE_LENGTH]), body=body, language=language)
    return Response(content, media_type=f"{MEDIA_TYPE}; charset=utf-8", headers={"cache-control": "no-store"})


def _paragraph(lines: Sequence[str]) -> str:
    return "<p>" + "<br/>".join(escape(line) for line in lines) + "</p>"


def _form(language: str, *, name: str, hidden: dict[str, str]) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}"/>' for key, value in hidden.items()
    )
    return (
        f'<form action="" method="get"><p>{kept}<input type="text" name="{name}" maxlength="{INPUT_LENGTH}"/>'
        f'<input type="submit" value="{WORDS[language]}"/></p></form>'
    )


def escape(text: str) -> str:
    """The text as a page's text or attribute."""
    return escape_markup(UNWRITABLE.sub("", text))
