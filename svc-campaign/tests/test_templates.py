"""Parsing and rendering of message templates; touches no service."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.template import as_text, parse_template

LINK = "http://x/r/1"


def rendered(source: str, **values: object) -> str:
    template = parse_template(source, field="template")
    (text,) = template.render({name: [value] for name, value in values.items()}, [LINK], 1)
    return text


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("Hello {name}!", {"name": "Li"}, "Hello Li!"),
        ("Hello {name}!", {"name": None}, "Hello !"),
        ("Hello {name|friend}!", {"name": None}, "Hello friend!"),
        ("Hello {name|}!", {"name": None}, "Hello !"),
        ("Hello {name|friend}!", {"name": "Li"}, "Hello Li!"),
        ("{link} {link}", {}, "http://x/r/1 http://x/r/1"),
        ("{{100 %}} of {n}", {"n": 3}, "{100 %} of 3"),
        ("%s %d %(a)s {n}", {"n": 3}, "%s %d %(a)s 3"),
        ("nothing to fill", {}, "nothing to fill"),
        ("花费{spend}元", {"spend": 142.44}, "花费142.44元"),
    ],
)
def test_a_template_is_filled_with_values(source: str, values: dict[str, object], text: str) -> None:
    assert rendered(source, **values) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (2.0, "2"),
        (2.5, "2.5"),
        (True, "yes"),
        (False, "no"),
        (date(2008, 3, 20), "2008-03-20"),
        (Decimal("1.50"), "1.5"),
        ("x", "x"),
    ],
)
def test_values_are_written_as_people_read_them(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("source", "position"),
    [("a {", 3), ("}", 1), ("{Name}", 1), ("ab {}", 4), ("{na me}", 1), ("{link|x}", 1), ("{a{b}}", 1), ("{a!r}", 1)],
)
def test_a_mistake_is_refused_with_its_position(source: str, position: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_template(source, field="plan.arms[2].template")
    assert refusal.value.reason == "TEMPLATE_SYNTAX"
    assert refusal.value.field == "plan.arms[2].template"
    assert refusal.value.metadata["position"] == str(position)


@given(st.text())
def test_any_text_survives_with_its_braces_doubled(text: str) -> None:
    assert rendered(text.replace("{", "{{").replace("}", "}}")) == text


@given(st.text(alphabet="{}|%sab_ link"))
def test_parsing_never_fails_but_by_a_refusal(source: str) -> None:
    try:
        template = parse_template(source, field="template")
    except InvalidInput:
        return
    values = {name: ["v"] for name in template.attributes}
    assert len(template.render(values, ["L"], 1)) == 1


def test_attributes_are_named_once_and_links_are_none_of_them() -> None:
    template = parse_template("{b} {a} {link} {b|x}", field="template")
    assert template.attributes == ("b", "a")
    assert template.has_link
