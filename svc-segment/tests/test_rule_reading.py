"""Tables of rules that are read and rules that are refused, with the place of the fault."""

from datetime import date

import pytest

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.reader import read_rule

DICTIONARY = Dictionary(
    [
        Attribute(name="recency", type=AttributeType.INTEGER),
        Attribute(name="tenure", type=AttributeType.INTEGER),
        Attribute(name="spend", type=AttributeType.NUMBER),
        Attribute(name="treatment", type=AttributeType.TEXT),
        Attribute(name="channel", type=AttributeType.TEXT),
        Attribute(name="visit", type=AttributeType.BOOLEAN),
        Attribute(name="mens", type=AttributeType.BOOLEAN),
        Attribute(name="joined", type=AttributeType.DATE),
        # Words that SQL has other uses for.
        Attribute(name="date", type=AttributeType.DATE),
        Attribute(name="case", type=AttributeType.INTEGER),
    ]
)
ROW: Row = {
    "recency": 3,
    "spend": 29.99,
    "treatment": "Mens E-Mail",
    "channel": "全球通",
    "visit": True,
    "mens": False,
    "joined": date(2008, 3, 20),
    "date": date(2011, 1, 1),
    "case": 7,
    "tenure": None,
}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("treatment = 'Mens E-Mail'", True),
        ("TREATMENT = 'Mens E-Mail';", True),
        ("\"treatment\" <> 'No E-Mail' -- the hold-out", True),
        ("visit", True),
        ("not visit", False),
        ("visit = true and mens = false", True),
        ("visit is not true", False),
        ("(tenure > 3) is false", False),
        ("recency between 1 and 3", True),
        ("recency not between 1 and 3", False),
        ("1 < recency and 3.5 >= recency", True),
        ("recency > -2", True),
        ("spend > recency", True),
        ("channel in ('全球通', '动感地带')", True),
        ("recency not in (1, 2, 4.5)", True),
        ("treatment like 'Mens%' and treatment not like '_ens'", True),
        ("treatment ilike '%e-mAIL'", True),
        ("joined >= '2008-03-01' and joined < date '2008-04-01'", True),
        ("date > joined", True),
        ('"case" = 7', True),
        ("tenure > 3", None),
        ("not (tenure > 3)", None),
        ("tenure > 3 or visit", True),
        ("tenure > 3 and mens", False),
        ("tenure in (1, 2)", None),
        ("tenure is null and recency is not null", True),
        ("true", True),
        ("false or /* nobody */ false", False),
    ],
)
def test_a_rule_answers_as_sql_does(text: str, answer: bool | None) -> None:
    assert compile_closure(read_rule(text, DICTIONARY))(ROW) is answer


@pytest.mark.parametrize(
    ("text", "reason", "position", "said"),
    [
        ("", "RULE_SYNTAX", "1:1", "empty"),
        (" -- nothing", "RULE_SYNTAX", "1:1", "empty"),
        (";", "RULE_SYNTAX", "1:1", "empty"),
        ("recency >", "RULE_SYNTAX", "1:9", "'>'"),
        ("recency = 1 and", "RULE_SYNTAX", "1:13", "'and'"),
        ("(recency = 1", "RULE_SYNTAX", "1:12", "'1'"),
        ("recency = 1\n  recency = 2", "RULE_SYNTAX", "2:11", "'='"),
        ("recency = 1 visit", "RULE_SYNTAX", "1:13", "missing before 'visit'"),
        ("treatment = 'Mens", "RULE_SYNTAX", "1:13", "not closed"),
        ("visit and\n treatment = 'it''s' and channel = 'x", "RULE_SYNTAX", "2:36", "not closed"),
        ("visit /* and", "RULE_SYNTAX", "1:7", "not closed"),
        ("(" * 17 + "visit" + ")" * 17, "RULE_SYNTAX", "1:17", "deeper than 16"),
        ("not not visit", "RULE_SYNTAX", "1:5", "twice"),
        ("recensy = 1", "RULE_UNKNOWN_ATTRIBUTE", "1:1", "did you mean recency?"),
        ("visit and\n  spending > 1", "RULE_UNKNOWN_ATTRIBUTE", "2:3", "spend"),
        ("channel = '全球通' and qqqq = 1", "RULE_UNKNOWN_ATTRIBUTE", "1:21", "no attribute 'qqqq'"),
        ('"Visit"', "RULE_UNKNOWN_ATTRIBUTE", "1:1", "did you mean visit?"),
        ("recency = 'three'", "RULE_WRONG_TYPE", "1:11", "'recency' is integer"),
        ("recency = 99999999999999999999", "RULE_WRONG_TYPE", "1:11", "integer"),
        ("spend > 1e999", "RULE_WRONG_TYPE", "1:9", "number"),
        ("treatment = 3", "RULE_WRONG_TYPE", "1:13", "text in single quotes"),
        ("visit = 1", "RULE_WRONG_TYPE", "1:9", "true or false"),
        ("visit > true", "RULE_WRONG_TYPE", "1:1", "equals or it does not"),
        ("visit between false and true", "RULE_WRONG_TYPE", "1:1", "no range"),
        ("joined > 2008", "RULE_WRONG_TYPE", "1:10", "a day in quotes"),
        ("joined > '2008-02-30'", "RULE_WRONG_TYPE", "1:10", "a day in quotes"),
        ("recency", "RULE_WRONG_TYPE", "1:1", "no condition"),
        ("'visit'", "RULE_WRONG_TYPE", "1:1", "neither true nor false"),
        ("treatment = channel and recency = joined", "RULE_WRONG_TYPE", "1:35", "can't be compared"),
        ("recency like '1%'", "RULE_WRONG_TYPE", "1:1", "like is for texts"),
        ("recency = null", "RULE_WRONG_TYPE", "1:1", "is null"),
        ("recency in (1, 'x')", "RULE_WRONG_TYPE", "1:16", "integer"),
        ("recency in (select recency from subscribers)", "RULE_FORBIDDEN", "1:13", "subquery"),
        ("exists (select 1)", "RULE_FORBIDDEN", "1:1", "subquery"),
        ("(select visit)", "RULE_FORBIDDEN", "1:2", "subquery"),
        ("lower(treatment) = 'x'", "RULE_FORBIDDEN", "1:1", "function"),
        ("visit and pg_sleep(9) is null", "RULE_FORBIDDEN", "1:11", "function"),
        ("subscribers.visit", "RULE_FORBIDDEN", "1:12", "column of a table"),
        ("recency + 1 > 2", "RULE_FORBIDDEN", "1:9", "compute beforehand"),
        ("recency::text = '1'", "RULE_FORBIDDEN", "1:8", "'::'"),
        ("case when visit then mens end", "RULE_FORBIDDEN", "1:6", "'when'"),
        ("joined > current_date", "RULE_FORBIDDEN", "1:10", "current_date"),
        ("treatment ~ '^M'", "RULE_FORBIDDEN", "1:11", "'~'"),
        ("recency is distinct from 1", "RULE_FORBIDDEN", "1:12", "distinct"),
        ("treatment like 'a!%' escape '!'", "RULE_FORBIDDEN", "1:22", "escape"),
        ("treatment like 'a\\%'", "RULE_FORBIDDEN", "1:16", "backslash"),
        ("treatment like channel", "RULE_FORBIDDEN", "1:16", "a value"),
        ("1 = 1", "RULE_FORBIDDEN", "1:1", "an attribute"),
        ("(visit and mens) = true", "RULE_FORBIDDEN", "1:2", "an attribute"),
        ("recency = $1", "RULE_FORBIDDEN", "1:11", "'$'"),
        ("treatment = E'a\\n'", "RULE_FORBIDDEN", "1:13", "not allowed"),
        ("visit; drop table subscriber", "RULE_TWO_STATEMENTS", "1:8", "second statement"),
        ("visit;\nselect 1", "RULE_TWO_STATEMENTS", "2:1", "second statement"),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(text: str, reason: str, position: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rule(text, DICTIONARY)
    assert (caught.value.reason, caught.value.metadata["position"]) == (reason, position)
    assert caught.value.field == "rule"
    assert said in caught.value.detail
    line, column = position.split(":")
    assert caught.value.detail.startswith(f"line {line}, column {column}: ")


def test_a_long_chain_of_conditions_is_read() -> None:
    text = " or ".join(f"recency = {value}" for value in range(1_000))
    assert compile_closure(read_rule(text, DICTIONARY))({"recency": 999}) is True


def test_a_rule_of_too_many_words_is_refused() -> None:
    with pytest.raises(InvalidInput, match="5000 at most"):
        read_rule(" and ".join(["visit"] * 2_501), DICTIONARY)


def test_the_deepest_allowed_rule_is_read_from_a_deep_stack() -> None:
    text = "not (" * 16 + "visit" + ")" * 16

    def descend(frames: int) -> bool | None:
        return descend(frames - 1) if frames else compile_closure(read_rule(text, DICTIONARY))(ROW)

    assert descend(150) is True
