"""Finds words that an operator does not let out, and says which, where and why; must not change a text."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput

WORD_LIMIT = 40
REASON_LIMIT = 200
FORBIDDEN = "FORBIDDEN_WORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenWord:
    """A word and why it may not go out; kept as it is compared. Raises InvalidInput FORBIDDEN_WORD_INVALID."""

    word: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", "".join(_folded(self.word.strip())))
        if not 1 <= len(self.word) <= WORD_LIMIT:
            raise _invalid("word", f"1 to {WORD_LIMIT} characters")
        if not 1 <= len(self.reason) <= REASON_LIMIT:
            raise _invalid("reason", f"say why, in 1 to {REASON_LIMIT} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A forbidden word in a text: ``position`` counts characters from 1, as people do."""

    word: str
    reason: str
    position: int


class ForbiddenWords:
    """The operator's list, ready to be held against texts: without case, half-width, Latin words only as whole words."""

    def __init__(self, words: Iterable[ForbiddenWord] = ()) -> None:
        self._words = sorted(words, key=lambda one: (-len(one.word), one.word))

    def find(self, text: str) -> list[Finding]:
        """Every forbidden word with its first place in the text, in the order of places."""
        if not self._words:
            return []
        # The quick look first: nearly every text holds none, and a batch has thousands.
        folded = unicodedata.normalize("NFKC", text).casefold()
        near = [one for one in self._words if one.word in folded]
        if not near:
            return []
        pieces = _folded(text)
        whole = "".join(pieces)
        starts = [index for index, piece in enumerate(pieces, start=1) for _ in piece]
        findings = [
            Finding(word=one.word, reason=one.reason, position=starts[place])
            for one in near
            if (place := _place(whole, one.word)) >= 0
        ]
        return sorted(findings, key=lambda finding: finding.position)

    def check(self, text: str, *, field: str) -> None:
        """Raises InvalidInput FORBIDDEN_WORD with the word, its place and the reason of the first one found."""
        for finding in self.find(text):
            raise InvalidInput(
                reason=FORBIDDEN,
                field=field,
                detail=f"{finding.word!r} at character {finding.position} may not go out: {finding.reason}",
                metadata={"word": finding.word, "position": str(finding.position), "why": finding.reason},
            )


def _folded(text: str) -> list[str]:
    """Each character as it is compared; one may become several or none."""
    return [unicodedata.normalize("NFKC", character).casefold() for character in text]


def _place(text: str, word: str) -> int:
    """Where the word stands, -1 for nowhere; a Latin word inside a longer one is another word."""
    place = text.find(word)
    while place >= 0:
        end = place + len(word)
        if not (_touches(text, place - 1, word[0]) or _touches(text, end, word[-1])):
            return place
        place = text.find(word, place + 1)
    return -1


def _touches(text: str, index: int, edge: str) -> bool:
    """Whether the character beside an edge of a word makes the word longer."""
    return 0 <= index < len(text) and _is_latin(edge) and _is_latin(text[index])


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="FORBIDDEN_WORD_INVALID", field=field, detail=detail)
