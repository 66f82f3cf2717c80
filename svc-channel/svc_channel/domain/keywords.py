"""Recognises the words that people write to our numbers; decides what a word means, and does nothing about it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

from carillon_chassis.errors import InvalidInput

WORD_LIMIT = 40
ANSWER_LIMIT = 500
# A shorter word is too near to every other: TD would take ID and TV.
FUZZY_WORD_LEAST = 4
# Below this nearly everything is near to something.
THRESHOLD_LEAST = 60
# Words are short; of a long text only so much is compared, so that nobody's essay costs the others time.
COMPARED_CHARACTERS = 80

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_RECIPIENT = re.compile(r"[0-9]{0,20}\*?")
_BLANKS = re.compile(r"\s+")
# What people put around a word without meaning it; NFKC has made the full-width ones ordinary before.
_EDGES = " .,;:!?\"'()[]<>~-_#*\u3002\u3001\u201c\u201d\u2018\u2019\u3010\u3011\u300a\u300b"


class Match(StrEnum):
    """How near a text must come to the word."""

    EXACT = "exact"
    PREFIX = "prefix"
    """The text begins with the word."""
    FUZZY = "fuzzy"
    """As people spell: at least ``threshold`` in a hundred alike."""
    ANY = "any"
    """Whatever is written to the number, such as to one of 12520 and more digits (SEG-54)."""


class Action(StrEnum):
    """What a word does beside being told."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CONFIRM_ORDER = "confirm_order"
    """Yes to the order that the subscriber was asked about last."""
    TELL = "tell"
    """Nothing here: the fact carries its name, and whoever follows acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """One word under the ``name`` that facts tell; ``recipient`` narrows it to a number, or to a prefix with ``*``.

    The word is kept as texts are compared: half-width, without case. Raises InvalidInput KEYWORD_INVALID with the field.
    """

    name: str
    match: Match
    action: Action
    word: str = ""
    recipient: str = ""
    threshold: int = 85
    answer: str = ""
    """What the subscriber is told, once a day; empty for nothing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", fold(self.word))
        for broken, field, detail in (
            (not _NAME.fullmatch(self.name), "name", "a name has small letters, digits, _ and -, at most 40"),
            (
                (self.match is Match.ANY) == bool(self.word),
                "word",
                "every match but any needs a word, and any takes none",
            ),
            (len(self.word) > WORD_LIMIT, "word", f"at most {WORD_LIMIT} characters"),
            (
                self.match is Match.FUZZY and len(self.word) < FUZZY_WORD_LEAST,
                "word",
                f"a fuzzy word has at least {FUZZY_WORD_LEAST} characters; a shorter one is near to every other",
            ),
            (not THRESHOLD_LEAST <= self.threshold <= 100, "threshold", f"{THRESHOLD_LEAST} to 100"),  # noqa: PLR2004 -- per cent
            (not _RECIPIENT.fullmatch(self.recipient), "recipient", "digits, with * at the end for a prefix"),
            (
                self.match is Match.ANY and not self.recipient,
                "recipient",
                "say which number; any text to any is no word",
            ),
            (
                self.match is Match.ANY and self.action is not Action.TELL,
                "action",
                "an unread text neither opts out nor in",
            ),
            (len(self.answer) > ANSWER_LIMIT, "answer", f"at most {ANSWER_LIMIT} characters"),
        ):
            if broken:
                raise InvalidInput(reason="KEYWORD_INVALID", field=field, detail=detail)

    def takes(self, recipient: str) -> bool:
        """Whether the word counts at the number that was written to."""
        if self.recipient.endswith("*"):
            return recipient.startswith(self.recipient[:-1])
        return not self.recipient or recipient == self.recipient


def fold(text: str) -> str:
    """The text as it is compared: half-width, without case, without what stands around it, blanks as one."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).casefold().strip(_EDGES)


class Keywords:
    """All words, ready to be asked. An exact word goes before a prefix, the longer prefix first, then the nearest.

    Of equals the one bound to a number goes first, then an opt-out: nobody misses it for another word of that spelling.
    """

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        ranked = sorted(keywords, key=lambda one: (not one.recipient, one.action is not Action.OPT_OUT, one.name))
        self._exact: dict[str, list[Keyword]] = {}
        for one in ranked:
            if one.match is Match.EXACT:
                self._exact.setdefault(one.word, []).append(one)
        prefixes = [one for one in ranked if one.match is Match.PREFIX]
        self._prefixes = sorted(prefixes, key=lambda one: -len(one.word))
        self._fuzzy = [one for one in ranked if one.match is Match.FUZZY]
        self._any = [one for one in ranked if one.match is Match.ANY]

    def find(self, text: str, *, recipient: str) -> Keyword | None:
        """What the text written to ``recipient`` means; None for no word of ours."""
        written = fold(text)
        for one in self._exact.get(written, ()):
            if one.takes(recipient):
                return one
        for one in self._prefixes:
            if written.startswith(one.word) and one.takes(recipient):
                return one
        return self._nearest(written, recipient) or next((one for one in self._any if one.takes(recipient)), None)

    def _nearest(self, written: str, recipient: str) -> Keyword | None:
        open_here = [one for one in self._fuzzy if one.takes(recipient)]
        if not open_here or not written or len(written) > COMPARED_CHARACTERS:
            return None
        words = [one.word for one in open_here]
        near = process.extract(written, words, scorer=fuzz.ratio, limit=len(words))
        return next((open_here[index] for _, score, index in near if score >= open_here[index].threshold), None)
