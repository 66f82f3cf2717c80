"""Menus are data that check themselves: what would leave a subscriber stuck or order by surprise is refused."""

import copy
from importlib import resources
from typing import Any

import pytest
import yaml

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.sessions.menu_reading import read_menu, write_menu

SHIPPED = ("main-zh", "main-en", "text-zh", "text-en", "robot-zh", "hotline-zh")

SMALL: dict[str, Any] = {
    "name": "small",
    "language": "en",
    "start": "home",
    "nodes": {
        "home": {
            "kind": "menu",
            "text": "Hello",
            "choices": [{"label": "Buy", "to": "list"}, {"label": "Code", "to": "code"}],
        },
        "list": {"kind": "action", "action": "list_services", "save": "service", "to": "offer"},
        "offer": {
            "kind": "action",
            "action": "quote_service",
            "arguments": {"service": "$service"},
            "choices": [{"label": "Yes", "to": "order"}],
        },
        "order": {
            "kind": "action",
            "action": "order_service",
            "arguments": {"service": "$service"},
            "ends": True,
        },
        "code": {
            "kind": "input",
            "text": "Code?",
            "accept": {"kind": "digits", "least": 4, "most": 6},
            "save": "code",
            "to": "done",
        },
        "done": {"kind": "text", "text": "Thanks", "ends": True},
    },
}


def small(**nodes: Any) -> dict[str, Any]:
    """The small menu with nodes replaced."""
    data = copy.deepcopy(SMALL)
    data["nodes"] |= nodes
    return data


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_menu_is_sound_and_written_back_the_same(name: str) -> None:
    text = (resources.files("svc_channel") / "menus" / f"{name}.yaml").read_text("utf-8")
    menu = read_menu(yaml.safe_load(text))
    assert menu.name == name
    assert read_menu(write_menu(menu)) == menu


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("no menu", "MENU_UNREADABLE"),
        (SMALL | {"colour": "red"}, "MENU_UNREADABLE"),
        (SMALL | {"nodes": []}, "MENU_UNREADABLE"),
        (SMALL | {"language": "fr"}, "MENU_UNREADABLE"),
        (SMALL | {"name": "Not a name"}, "MENU_NAME"),
        (SMALL | {"nodes": {}}, "MENU_SIZE"),
        (SMALL | {"timeout_seconds": 0}, "MENU_TIMES"),
        (SMALL | {"resume_seconds": 86_401}, "MENU_TIMES"),
        (SMALL | {"codes": ["call me"]}, "MENU_CODES"),
        (SMALL | {"codes": "*100#"}, "MENU_UNREADABLE"),
        (SMALL | {"start": "nowhere"}, "NODE_UNKNOWN"),
        (SMALL | {"start": "order"}, "NODE_CHANGES"),
        (small(done={"kind": "menu", "text": "x", "choices": [{"label": "a", "to": "gone"}]}), "NODE_UNKNOWN"),
        (small(lost={"kind": "text", "text": "nobody comes here"}), "NODE_UNREACHABLE"),
        (small(done={"kind": "text", "text": " "}), "NODE_TEXT"),
        (small(done={"kind": "text", "text": "bell \x07"}), "NODE_TEXT"),
        (small(done={"kind": "text", "text": "half \ud800"}), "NODE_TEXT"),
        (small(done={"kind": "text", "text": "x" * 1_001}), "NODE_TEXT"),
        (small(done={"kind": "menu", "text": "no choice"}), "NODE_SHAPE"),
        (small(done={"kind": "action", "action": "sign_in", "arguments": {"who": "me"}}), "ACTION_ARGUMENTS"),
        (small(done={"kind": "action", "action": "vote", "arguments": {"choice": "$unsaid"}}), "ACTION_ARGUMENTS"),
        (small(done={"kind": "action", "action": "vote", "arguments": {"choice": "\ud800"}}), "NODE_TEXT"),
        (small(done={"kind": "action", "action": "list_services"}), "NODE_SHAPE"),
        (small(done={"kind": "action", "action": "fly"}), "MENU_UNREADABLE"),
        (small(code=SMALL["nodes"]["code"] | {"accept": {"kind": "digits", "least": 6, "most": 4}}), "FIELD_BOUNDS"),
    ],
)
def test_a_menu_that_can_not_work_is_refused_with_its_reason(data: Any, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_menu(data)
    assert refused.value.reason == reason


def test_an_order_without_the_quotation_of_the_same_service_is_refused() -> None:
    """CHN-33: who confirms has seen the three prices."""
    straight = small(
        home=SMALL["nodes"]["home"] | {"choices": [*SMALL["nodes"]["home"]["choices"], {"label": "Now", "to": "order"}]}
    )
    other = small(order=SMALL["nodes"]["order"] | {"arguments": {"service": "CRBT"}})
    for data in (straight, other):
        with pytest.raises(InvalidInput) as refused:
            read_menu(data)
        assert refused.value.reason == "ORDER_UNQUOTED"
