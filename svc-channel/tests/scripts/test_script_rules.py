"""What scripts say of themselves: the shipped library, audiences, which of several is said, and how it is filled."""

from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.shipped_menus import read_shipped_menus
from svc_channel.adapters.shipped_scripts import read_shipped_scripts
from svc_channel.domain.membership import MemberTier
from svc_channel.domain.scripts.script import Condition, Profile, Script, read_saying, read_script, write_script
from svc_channel.domain.scripts.speech import (
    Matched,
    ServiceCard,
    choose_script,
    fill_saying,
    rank_matched,
    speaks_of_services,
)
from svc_channel.domain.sessions.menu import Language

SHIPPED = read_shipped_scripts()
PRICES = {MemberTier.PREMIUM: 300, MemberTier.ORDINARY: 450, MemberTier.NON_MEMBER: None}
CARD = ServiceCard(name="彩铃", prices=PRICES)


def a_script(code: str = "one", **overrides: Any) -> Script:
    fields = {"title": "t", "situation": "bill_query", "language": Language.ZH, **overrides}
    return Script(code=code, **fields)


def known(**attributes: Any) -> Profile:
    return Profile(attributes=attributes, segments=frozenset({"s-1"}))


def test_the_library_has_every_situation_of_the_documents_in_both_languages() -> None:
    """CHN-17, CHN-18, CHN-38."""
    situations = {
        "consultation", "complaint", "bill_query", "after_service", "voice_prompt", "service_handling",
        "new_customer_sheet", "account_manager_template", "one_minute",
    }  # fmt: skip
    for language in Language:
        assert {script.situation for script in SHIPPED if script.language is language} == situations
    assert len({script.code for script in SHIPPED}) == len(SHIPPED)
    for script in SHIPPED:
        twin = script.code[:-2] + ("en" if script.language is Language.ZH else "zh")
        [other] = [one for one in SHIPPED if one.code == twin]
        assert (other.situation, other.touchpoints, other.audience, other.shows, other.rank) == (
            script.situation, script.touchpoints, script.audience, script.shows, script.rank,
        )  # fmt: skip


@pytest.mark.parametrize("situation", ["consultation", "complaint", "bill_query", "after_service", "voice_prompt"])
def test_both_hotlines_say_one_script(situation: str) -> None:
    """CHN-18."""

    def said(touchpoint: str) -> list[Script]:
        return [script for script in SHIPPED if script.is_said(touchpoint, situation, Language.ZH)]

    assert said("HOTLINE_1860")
    assert said("HOTLINE_1860") == said("HOTLINE_1258")


def test_every_touch_point_has_something_to_say_on_consultation() -> None:
    """CHN-03: on whichever channel somebody appears."""
    for touchpoint in ("OUT_CALL", "WEBSITE", "SMS", "HALL", "SOCIAL_6STAR", "KTV"):
        [script] = [one for one in SHIPPED if one.is_said(touchpoint, "consultation", Language.ZH)]
        assert speaks_of_services(read_saying(script.text))


def test_the_voice_prompt_stands_moderately_early_in_the_menu_of_the_hotlines() -> None:
    """CHN-18: on the first screen, and its choice neither first nor last."""
    [menu] = [menu for menu in read_shipped_menus() if set(menu.codes) & {"1860", "1258"}]
    assert set(menu.codes) == {"1860", "1258"}
    [prompt] = [one for one in SHIPPED if one.is_said("HOTLINE_1860", "voice_prompt", Language.ZH)]
    home = menu.nodes[menu.start]
    assert prompt.text in home.text
    places = [choice.to for choice in home.choices]
    assert places.index("services") == 1
    assert len(places) > 2


@pytest.mark.parametrize(
    ("condition", "attributes", "holds"),
    [
        ({"attribute": "mms_sent", "at_least": 5}, {"mms_sent": 5}, True),
        ({"attribute": "mms_sent", "at_least": 5}, {"mms_sent": 4}, False),
        ({"attribute": "mms_sent", "below": 5}, {"mms_sent": 4.5}, True),
        ({"attribute": "mms_sent", "below": 5}, {"mms_sent": 5}, False),
        ({"attribute": "mms_sent", "at_least": 2, "below": 5}, {"mms_sent": 1}, False),
        ({"attribute": "mms_sent", "at_least": 5}, {}, False),
        ({"attribute": "mms_sent", "below": 5}, {"mms_sent": "few"}, False),
        ({"attribute": "mms_sent", "at_least": 0}, {"mms_sent": True}, False),
        ({"attribute": "has_mms", "equals": "true"}, {"has_mms": True}, True),
        ({"attribute": "has_mms", "equals": "true"}, {"has_mms": False}, False),
        ({"attribute": "brand", "equals": "MZONE"}, {"brand": "MZONE"}, True),
        ({"attribute": "age", "equals": "20"}, {"age": 20.0}, True),
        ({"segment": "s-1"}, {}, True),
        ({"segment": "s-2"}, {}, False),
    ],
)
def test_a_condition_holds_by_what_is_known(
    condition: dict[str, Any], attributes: dict[str, Any], *, holds: bool
) -> None:
    assert Condition(**condition).holds(known(**attributes)) is holds


@pytest.mark.parametrize(
    "condition",
    [{}, {"attribute": "age"}, {"attribute": "age", "segment": "s-1", "below": 3}, {"segment": "s-1", "below": 3}],
)
def test_a_condition_that_asks_nothing_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Condition(**condition)
    assert (refusal.value.reason, refusal.value.field) == ("SCRIPT_INVALID", "audience")


def test_the_target_gets_the_focused_script_and_the_rest_the_one_for_everyone() -> None:
    """CHN-38."""
    target = a_script("target", audience=(Condition(attribute="mms_sent", below=5.0),))
    leaflet, other = a_script("leaflet"), a_script("other", rank=6)
    assert choose_script([leaflet, other, target], known(mms_sent=1)) is target
    assert choose_script([leaflet, other, target], known(mms_sent=9)) is leaflet
    assert choose_script([other, target], known()) is other
    assert choose_script([target], known()) is None


def test_advantage_channels_go_first_and_no_more_than_three_services_are_recommended() -> None:
    """CHN-03, CHN-04."""
    matched = [
        Matched(service=service, place=place, rule="R", layer=1, principle="", channels=channels)
        for place, (service, channels) in enumerate(
            [("A", ("SMS",)), ("B", ("HALL",)), ("C", ("SMS",)), ("D", ("HALL", "SMS"))], start=1
        )
    ]
    assert [one.service for one in rank_matched(matched, "HALL")] == ["B", "D", "A"]
    assert [one.service for one in rank_matched(matched, "KTV")] == ["A", "B", "C"]


def test_a_script_shows_the_three_prices_together_and_says_where_one_is_missing() -> None:
    """CHN-33, A-24."""
    template = read_saying("{service:text}: {prices:text}")
    assert fill_saying(template, CARD, Language.ZH) == "彩铃: 高级会员3元,普通会员4.50元,非会员以公布资费为准"
    assert fill_saying(template, CARD, Language.EN) == (
        "彩铃: premium member CNY 3, ordinary member CNY 4.50, non-member as published"
    )
    assert not speaks_of_services(read_saying("请带一份单页"))


@pytest.mark.parametrize("text", ["{name:text}", "{service:integer}", "{prices:money}"])
def test_a_text_that_nobody_could_fill_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_saying(text)
    assert refusal.value.reason == "SCRIPT_UNFILLED"


def test_a_script_written_is_read_as_the_same_script() -> None:
    for script in SHIPPED:
        assert read_script({**write_script(script), "text": script.text}) == script


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Big"}, "code"),
        ({"situation": "bill query"}, "situation"),
        ({"title": " "}, "title"),
        ({"rank": 0}, "rank"),
        ({"shows": ["a"] * 11}, "shows"),
        ({"language": "fr"}, "script"),
        ({"audience": [{"weight": 3}]}, "script"),
        ({"surprise": 1}, "script"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_by_its_field(wrong: dict[str, Any], field: str) -> None:
    data = {"code": "one", "title": "t", "situation": "bill_query", "language": "zh", **wrong}
    with pytest.raises(InvalidInput) as refusal:
        read_script(data)
    assert (refusal.value.reason, refusal.value.field) == ("SCRIPT_INVALID", field)
