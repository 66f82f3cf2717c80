"""Reads the text commands that people send to a robot or a short code (CHN-27); does none of them.

A command is a word at the beginning, also miswritten where it is long enough to be recognised, and what follows it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz import fuzz

# Below this many letters one wrong one makes another word.
FUZZY_LENGTH: Final = 4
# One letter wrong, missing or swapped in a word of six.
FUZZY_RATIO: Final = 80
ARGUMENT_LENGTH: Final = 200


class CommandKind(StrEnum):
    """What is asked for."""

    MENU = "menu"
    VOTE = "vote"
    SIGN_IN = "sign_in"
    GRAB = "grab"
    DRAW = "draw"
    QUIZ = "quiz"
    COMMENT = "comment"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The command and what was said after it."""

    kind: CommandKind
    argument: str = ""


# Traditional and simplified, and what is typed on a keyboard without Chinese.
WORDS: Final[Mapping[str, CommandKind]] = {
    **dict.fromkeys(("菜单", "菜單", "menu", "帮助", "幫助", "help"), CommandKind.MENU),
    **dict.fromkeys(("喜欢", "喜歡", "投票", "vote"), CommandKind.VOTE),
    **dict.fromkeys(("签到", "簽到", "sign in", "signin"), CommandKind.SIGN_IN),
    **dict.fromkeys(("抢票", "搶票", "grab"), CommandKind.GRAB),
    **dict.fromkeys(("抽奖", "抽獎", "lucky"), CommandKind.DRAW),
    **dict.fromkeys(("答题", "答題", "quiz"), CommandKind.QUIZ),
    **dict.fromkeys(("留言", "评论", "評論", "comment"), CommandKind.COMMENT),
    **dict.fromkeys(("转人工", "人工客服", "人工", "转人工客服", "轉人工", "agent"), CommandKind.PERSON),
}
# What is nothing without an argument, and what is nothing but the word: "签到有什么用" is a question.
_NEEDING: Final = frozenset({CommandKind.VOTE, CommandKind.QUIZ, CommandKind.COMMENT})
_ALONE: Final = frozenset({CommandKind.MENU, CommandKind.SIGN_IN, CommandKind.PERSON})
_LONGEST_FIRST: Final = tuple(sorted(WORDS, key=len, reverse=True))
# What people put between a command and its argument.
_BETWEEN: Final = " +:,-_、,。.!~"


def normalise(text: str) -> str:
    """The text as it is compared: one width, one case, no blanks at the ends."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def read_command(text: str) -> Command | None:
    """The command; None for anything else, which is then a question."""
    said = normalise(text)
    for word in _LONGEST_FIRST:
        if said.startswith(word):
            rest = said[len(word) :]
            # A Latin word ends where its letters do: "menus" is no "menu".
            if word.isascii() and rest[:1].isalnum() and rest[:1].isascii():
                continue
            command = _command(WORDS[word], rest)
            if command is not None:
                return command
    return _miswritten(said)


def _command(kind: CommandKind, rest: str) -> Command | None:
    argument = rest.strip(_BETWEEN)[:ARGUMENT_LENGTH]
    if (kind in _ALONE and argument) or (kind in _NEEDING and not argument):
        return None
    # A grab or a draw is told apart by a code, and nothing else.
    if kind in {CommandKind.GRAB, CommandKind.DRAW} and not (argument.isascii() and (argument + "0").isalnum()):
        return None
    return Command(kind=kind, argument=argument)


def _miswritten(said: str) -> Command | None:
    head, _, rest = said.partition(" ")
    whole = said.replace(" ", "")
    for word in _LONGEST_FIRST:
        if not word.isascii() or len(word) < FUZZY_LENGTH:
            continue
        kind = WORDS[word]
        tried = whole if kind in _ALONE else head
        if len(tried) >= FUZZY_LENGTH and fuzz.ratio(tried, word) >= FUZZY_RATIO:
            return _command(kind, "" if kind in _ALONE else rest)
    return None
