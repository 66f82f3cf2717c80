"""Tells complaints and suggestions from questions, and which product they are about (CHN-25); answers nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.robots.commands import normalise

WORDS_LIMIT: Final = 1_000


class RemarkKind(StrEnum):
    """What somebody's words are. A complaint that suggests something is a complaint."""

    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    PRODUCT = "product"
    """About a product, and neither of the two."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """The kind, and the service's code where one was named, else empty."""

    kind: RemarkKind
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkWords:
    """The words that make a complaint or a suggestion, in lower case."""

    complaint: frozenset[str]
    suggestion: frozenset[str]

    def __post_init__(self) -> None:
        for words in (self.complaint, self.suggestion):
            if not 1 <= len(words) <= WORDS_LIMIT or any(word != normalise(word) or not word for word in words):
                raise InvalidInput(
                    reason="REMARK_WORDS",
                    field="words",
                    detail=f"1 to {WORDS_LIMIT} words each, in lower case and half width",
                )


def classify(text: str, words: RemarkWords, products: Mapping[str, str]) -> Remark:
    """What the text is; ``products`` are codes by name. The longest name that occurs is the product."""
    said = normalise(text)
    product = _product(said, products)
    if any(word in said for word in words.complaint):
        return Remark(kind=RemarkKind.COMPLAINT, product=product)
    if any(word in said for word in words.suggestion):
        return Remark(kind=RemarkKind.SUGGESTION, product=product)
    return Remark(kind=RemarkKind.PRODUCT if product else RemarkKind.OTHER, product=product)


def named_products(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Codes by normalised name, longest first; a name of one character says nothing."""
    known = {normalise(name): code for name, code in names if len(normalise(name)) > 1}
    return dict(sorted(known.items(), key=lambda entry: len(entry[0]), reverse=True))


def _product(said: str, products: Mapping[str, str]) -> str:
    for name, code in products.items():
        at = said.find(name)
        if at >= 0 and not _inside_a_word(said, at, name):
            return code
    return ""


def _inside_a_word(said: str, at: int, name: str) -> bool:
    """A Latin name inside a longer Latin word is not that name: "smash" is no "sms"."""
    if not name.isascii():
        return False
    around = said[max(at - 1, 0) : at] + said[at + len(name) : at + len(name) + 1]
    return any(character.isascii() and character.isalnum() for character in around)
