"""Knowledge as entries, and how sure an answer must be to be given; finds none by itself."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from carillon_chassis.errors import InvalidInput

QUESTION_LENGTH: Final = 200
ANSWER_LENGTH: Final = 1_000
VARIANTS_LIMIT: Final = 20
# At least half of what a question says, by weight, must stand in an entry: below that people got answers to other
# questions in the tests' dialogues.
CONFIDENCE: Final = 0.5
# Words that every question has and that tell none apart.
STOP_WORDS: Final = frozenset(
    [
        *"的了吗呢啊吧么我你您请问一下怎么如何什么是有在要想和与或及能可以不把给到去哪个多少为啥".strip(),
        *("请问", "一下", "怎么", "如何", "什么", "怎样", "为什么", "可以", "我想", "多少", "哪里", "哪个", "是否"),
        *("the", "a", "an", "is", "are", "do", "does", "how", "what", "i", "my", "to", "of", "can", "please"),
    ]
)


class Audience(StrEnum):
    """For whom an entry is: subscribers, or the sales front line too (CHN-30, CHN-31)."""

    SUBSCRIBER = "subscriber"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question, other ways to ask it, and its answer."""

    id: UUID
    audience: Audience
    question: str
    variants: tuple[str, ...] = ()
    answer: str

    def __post_init__(self) -> None:
        questions = (self.question, *self.variants)
        if any(not one.strip() or len(one) > QUESTION_LENGTH for one in questions):
            raise _refused("question", f"a question is 1 to {QUESTION_LENGTH} characters")
        if len(self.variants) > VARIANTS_LIMIT:
            raise _refused("variants", f"at most {VARIANTS_LIMIT}")
        if not self.answer.strip() or len(self.answer) > ANSWER_LENGTH:
            raise _refused("answer", f"an answer is 1 to {ANSWER_LENGTH} characters")


def telling(terms: Iterable[str]) -> list[str]:
    """The terms that tell one question from another."""
    return [term for term in terms if term.strip() and term not in STOP_WORDS and any(map(str.isalnum, term))]


def weigh_terms(documents: Sequence[Collection[str]]) -> dict[str, float]:
    """How much each term says: the fewer documents have it, the more."""
    counts: dict[str, int] = {}
    for document in documents:
        for term in set(document):
            counts[term] = counts.get(term, 0) + 1
    return {term: math.log(1 + len(documents) / count) for term, count in counts.items()}


def confidence(asked: Collection[str], document: Collection[str], weights: Mapping[str, float]) -> float:
    """The share of the question, by weight, that stands in the document: 0 to 1.

    A term that no document has weighs as much as the rarest: who asks for what nobody wrote down is not answered.
    """
    if not asked:
        return 0.0
    heaviest = max(weights.values(), default=1.0)
    terms = set(asked)
    whole = sum(weights.get(term, heaviest) for term in terms)
    found = sum(weights.get(term, heaviest) for term in terms if term in document)
    return found / whole


def _refused(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="ENTRY_INVALID", field=field, detail=detail)
