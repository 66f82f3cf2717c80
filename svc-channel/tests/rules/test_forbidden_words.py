"""Words that may not go out: found however they are written, with their place and the reason."""

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.forbidden_words import ForbiddenWord, ForbiddenWords

WORDS = ForbiddenWords(
    [
        ForbiddenWord(word="最低价", reason="no superlatives in advertising"),
        ForbiddenWord(word="FREE", reason="nothing is"),
        ForbiddenWord(word="office", reason="test of a ligature"),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("全城最低价", [("最低价", 3)]),
        ("free music, Free!", [("free", 1)]),
        ("for \uff26\uff32\uff25\uff25", [("free", 5)]),  # full-width
        ("freedom", []),
        ("carefree", []),
        ("freedom is free", [("free", 12)]),
        ("免费free最低价", [("free", 3), ("最低价", 7)]),
        ("the o\ufb03ce", [("office", 5)]),  # one sign for three letters
        ("", []),
        ("nothing", []),
    ],
)
def test_a_forbidden_word_is_found_with_its_place(text: str, found: list[tuple[str, int]]) -> None:
    assert [(one.word, one.position) for one in WORDS.find(text)] == found


def test_a_text_is_refused_with_the_reason_and_the_place() -> None:
    with pytest.raises(InvalidInput) as refused:
        WORDS.check("全城最低价", field="content.text")
    assert (refused.value.reason, refused.value.field) == ("FORBIDDEN_WORD", "content.text")
    assert refused.value.metadata == {"word": "最低价", "position": "3", "why": "no superlatives in advertising"}
    WORDS.check("好价", field="content.text")
    assert ForbiddenWords().find("free") == []


@pytest.mark.parametrize(("word", "reason"), [("", "x"), ("  ", "x"), ("x" * 41, "x"), ("x", ""), ("x", "y" * 201)])
def test_a_word_without_a_reason_is_refused(word: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match="FORBIDDEN_WORD_INVALID"):
        ForbiddenWord(word=word, reason=reason)
