"""Fits a text to a LIKE pattern in time linear in the text for each piece; no pattern may make it search back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What stands between two %: characters and _, so of one length."""

    expression: re.Pattern[str]
    length: int


def compile_pattern(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """A function that says whether a whole text fits: % any run of characters, _ any one."""
    fold: Callable[[str], str] = fold_case if ignore_case else str
    pieces = [_piece(piece) for piece in fold(pattern).split("%")]
    return lambda text: _fits(fold(text), pieces)


def fold_case(text: str) -> str:
    """Small letters character by character; the one letter that would become two becomes its first."""
    return "".join(one.lower()[0] for one in text)


def _piece(text: str) -> _Piece:
    expression = "".join("." if one == "_" else re.escape(one) for one in text)
    return _Piece(expression=re.compile(expression, re.DOTALL), length=len(text))


def _fits(text: str, pieces: Sequence[_Piece]) -> bool:
    first, *middle = pieces
    if not middle:
        return first.expression.fullmatch(text) is not None
    last = middle.pop()
    if first.expression.match(text) is None:
        return False
    position = first.length
    for piece in middle:
        # The leftmost place leaves the most room for what follows, so no other needs to be tried.
        found = piece.expression.search(text, position)
        if found is None:
            return False
        position = found.end()
    start = len(text) - last.length
    return start >= position and last.expression.fullmatch(text, start) is not None
