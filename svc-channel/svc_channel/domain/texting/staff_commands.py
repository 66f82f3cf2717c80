"""Reads what staff ask by SMS: sales, a question, help (CHN-31, CHN-32); answers none of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from svc_channel.domain.robots.commands import normalise
from svc_channel.domain.sessions.menu import Language

SALES_WORDS: Final = {
    "销量": Language.ZH,
    "銷量": Language.ZH,
    "登记量": Language.ZH,
    "登記量": Language.ZH,
    "sales": Language.EN,
}
ASK_WORDS: Final = {
    "产品": Language.ZH,
    "產品": Language.ZH,
    "政策": Language.ZH,
    "product": Language.EN,
    "policy": Language.EN,
}
HELP_WORDS: Final = {"帮助": Language.ZH, "幫助": Language.ZH, "?": Language.ZH, "help": Language.EN}
ALL_WORDS: Final = frozenset({"全部", "all"})
# Of a word that is no name, so much must stand in the one name that was meant.
PIECE_LENGTH: Final = 2
_BETWEEN: Final = " +:,-_、。.!"


class Period(StrEnum):
    """Which days are asked for."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    MONTH = "month"

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last of them."""
        if self is Period.YESTERDAY:
            return today - timedelta(days=1), today - timedelta(days=1)
        return (today.replace(day=1) if self is Period.MONTH else today), today


PERIOD_WORDS: Final = {
    "今天": Period.TODAY,
    "今日": Period.TODAY,
    "today": Period.TODAY,
    "昨天": Period.YESTERDAY,
    "昨日": Period.YESTERDAY,
    "yesterday": Period.YESTERDAY,
    "本月": Period.MONTH,
    "month": Period.MONTH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSales:
    """Sales, of what the words after the command say."""

    language: Language
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskKnowledge:
    """A question; without a command's word in the language that is none of its own."""

    language: Language | None
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHelp:
    """What can be asked."""


StaffQuestion = AskSales | AskKnowledge | AskHelp


def read_staff_question(text: str) -> StaffQuestion:
    """What is asked: a command by its word, and anything else as a question."""
    said = normalise(text)
    if not said or said in HELP_WORDS:
        return AskHelp()
    for word, language in SALES_WORDS.items():
        rest = _after(said, word)
        if rest is not None:
            return AskSales(language=language, words=rest)
    for word, language in ASK_WORDS.items():
        rest = _after(said, word)
        if rest is not None:
            return AskKnowledge(language=language, question=rest) if rest else AskHelp()
    return AskKnowledge(language=None, question=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesWish:
    """Whose sales where: codes of a service and a touch point, a branch as it was written; empty for all."""

    service: str = ""
    touchpoint: str = ""
    branch: str = ""
    period: Period = Period.TODAY


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuchService:
    """No service, or several, are called so."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMuchSaid:
    """What is left when service, touch point, period and branch are taken."""

    word: str


def read_sales_wish(
    words: str, services: Mapping[str, str], touchpoints: Mapping[str, str]
) -> SalesWish | NoSuchService | TooMuchSaid:
    """What the words after the command say: a service first, then a touch point, a period and a branch in any order.

    ``services`` and ``touchpoints`` are codes by normalised name. A piece of one service's name will do for it.
    """
    rest = normalise(words).strip(_BETWEEN)
    if not rest:
        return SalesWish()
    service, rest = _take(rest, {**services, **dict.fromkeys(ALL_WORDS, "")})
    if service is None:
        first, _, rest = rest.partition(" ")
        meant = {code for name, code in services.items() if first in name} if len(first) >= PIECE_LENGTH else set()
        if len(meant) != 1:
            return NoSuchService(word=first)
        service = meant.pop()
    touchpoint, period, branch = "", Period.TODAY, ""
    while rest := rest.strip(_BETWEEN):
        found_touchpoint, rest = _take(rest, touchpoints)
        if found_touchpoint is not None:
            touchpoint = found_touchpoint
            continue
        found_period, rest = _take(rest, PERIOD_WORDS)
        if found_period is not None:
            period = Period(found_period)
            continue
        word, _, rest = rest.partition(" ")
        if branch:
            return TooMuchSaid(word=word)
        branch = word
    return SalesWish(service=service, touchpoint=touchpoint, branch=branch, period=period)


def _take(said: str, names: Mapping[str, str]) -> tuple[str | None, str]:
    """What the longest name at the beginning stands for, and what comes after it; None and all of it for no name."""
    for name in sorted(names, key=len, reverse=True):
        rest = _after(said, name)
        if rest is not None:
            return names[name], rest
    return None, said


def _after(said: str, word: str) -> str | None:
    """What comes after a word at the beginning; a Latin word ends where its letters do."""
    if not said.startswith(word):
        return None
    rest = said[len(word) :]
    if word[-1].isascii() and word[-1].isalnum() and rest[:1].isascii() and rest[:1].isalnum():
        return None
    return rest.strip(_BETWEEN)
