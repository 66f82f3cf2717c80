"""Words as people write them: exact, by prefix and as they spell; and what comes first when several fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.keywords import Action, Keyword, Keywords, Match, fold


def keyword(**overrides: Any) -> Keyword:
    """A word that opts out, unless the test says otherwise."""
    fields: dict[str, Any] = {"name": "opt-out", "match": Match.EXACT, "action": Action.OPT_OUT, "word": "TD"}
    return Keyword(**{**fields, **overrides})


HOUSE = Keywords(
    [
        *(keyword(word=word) for word in ("TD", "T", "退订", "STOP", "0000")),
        keyword(name="opt-in", action=Action.OPT_IN, word="START"),
        keyword(name="quiz", match=Match.PREFIX, action=Action.TELL, word="DA"),
        keyword(name="quiz-final", match=Match.PREFIX, action=Action.TELL, word="DA9"),
        keyword(name="vote", match=Match.FUZZY, action=Action.TELL, word="hillstrom", threshold=80),
        keyword(name="local-t", action=Action.TELL, word="T", recipient="12580"),
        keyword(name="uplink-12520", match=Match.ANY, action=Action.TELL, word="", recipient="12520*"),
    ]
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("TD", "opt-out"),
        ("td", "opt-out"),
        ("\uff34\uff24", "opt-out"),  # full-width
        (" td。 ", "opt-out"),
        ("\uff10\uff10\uff10\uff10", "opt-out"),
        ("退订！", "opt-out"),  # noqa: RUF001 -- a full-width sign is the point
        ("“退订”", "opt-out"),
        ("Stop.", "opt-out"),
        ("t", "opt-out"),
        ("start", "opt-in"),
        ("DA 3", "quiz"),
        ("da91", "quiz-final"),
        ("Hilstrom", "vote"),
        ("hillstorm", "vote"),
        ("hill", None),
        ("TD please", None),  # somebody talks to us: no exact word
        ("退订彩铃", None),  # one service, not everything
        ("", None),
        ("???", None),
        ("SHOP", None),
    ],
)
def test_a_word_is_known_however_it_is_typed(text: str, name: str | None) -> None:
    found = HOUSE.find(text, recipient="10086")
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("text", "recipient", "name"),
    [
        ("T", "12580", "local-t"),
        ("T", "10086", "opt-out"),
        ("hello", "12520", "uplink-12520"),
        ("hello", "125201380013", "uplink-12520"),
        ("TD", "12520", "opt-out"),
        ("hello", "1252", None),
    ],
)
def test_a_word_bound_to_a_number_counts_there(text: str, recipient: str, name: str | None) -> None:
    """SEG-54: whatever is written to 12520 and more digits is told under its name, and an opt-out goes before it."""
    found = HOUSE.find(text, recipient=recipient)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "Opt out"}, "name"),
        ({"word": ""}, "word"),
        ({"word": "。"}, "word"),
        ({"word": "x" * 41}, "word"),
        ({"match": Match.FUZZY, "word": "TDX"}, "word"),
        ({"match": Match.FUZZY, "word": "unsubscribe", "threshold": 59}, "threshold"),
        ({"threshold": 101}, "threshold"),
        ({"recipient": "12*20"}, "recipient"),
        ({"match": Match.ANY, "word": "", "action": Action.TELL}, "recipient"),
        ({"match": Match.ANY, "word": "", "recipient": "12520*"}, "action"),
        ({"answer": "x" * 501}, "answer"),
    ],
)
def test_a_word_that_would_take_too_much_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        keyword(**wrong)
    assert (refused.value.reason, refused.value.field) == ("KEYWORD_INVALID", field)


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once_for_what_is_compared(text: str) -> None:
    assert HOUSE.find(text, recipient="10086") == HOUSE.find(fold(text), recipient="10086")
