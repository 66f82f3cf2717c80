"""The session engine by tables: keys, choices, inputs, actions, going back; and what holds for any menu at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svc_channel.domain.sessions.actions import Action, ActionName, Item, Outcome
from svc_channel.domain.sessions.engine import answer, begin, finish, resume
from svc_channel.domain.sessions.limits import LIMITS, ScreenLimit
from svc_channel.domain.sessions.menu import Menu
from svc_channel.domain.sessions.menu_reading import read_menu
from svc_channel.domain.sessions.paging import Keys, paginate
from svc_channel.domain.sessions.state import Screen, SessionState, Step

from .test_menus_as_data import SMALL

MENU = read_menu(SMALL)
USSD = LIMITS["ussd"]
SERVICES = Outcome(items=(Item(value="CRBT", label="Ring-back tone"), Item(value="MMS", label="MMS")))


def said(*inputs: str, menu: Menu = MENU, outcomes: dict[ActionName, Outcome] | None = None) -> Step:
    """The step after these inputs; actions have the outcomes given."""
    step = _settled(menu, begin(menu, USSD), outcomes or {})
    for text in inputs:
        step = _settled(menu, answer(menu, USSD, step.state, text), outcomes or {})
    return step


def _settled(menu: Menu, step: Step, outcomes: dict[ActionName, Outcome]) -> Step:
    if step.action is not None and step.action.name in outcomes:
        return finish(menu, USSD, step.state, outcomes[step.action.name])
    return step


def shown(step: Step) -> str:
    """The text of the step's screen."""
    assert step.screen is not None
    return step.screen.text


LISTED = {ActionName.LIST_SERVICES: SERVICES, ActionName.QUOTE_SERVICE: Outcome(text="MMS: 1, 2, 3")}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ((), Screen(text="Hello\n1 Buy\n2 Code\n0Exit")),
        (("2",), Screen(text="Code?\n0Back 00Home")),
        (("2", "12"), Screen(text="Not understood, please try again\nCode?\n0Back 00Home")),
        (("2", "1234"), Screen(text="Thanks", ends=True)),
        (("2", "\uff11\uff12\uff13\uff14"), Screen(text="Thanks", ends=True)),
        (("code",), Screen(text="Code?\n0Back 00Home")),
        (("2", "0"), Screen(text="Hello\n1 Buy\n2 Code\n0Exit")),
        (("0",), Screen(text="Thank you, goodbye", ends=True)),
        (("9",), Screen(text="Not understood, please try again\nHello\n1 Buy\n2 Code\n0Exit")),
        (("#",), Screen(text="Not understood, please try again\nHello\n1 Buy\n2 Code\n0Exit")),
        (("1",), Screen(text="1 Ring-back tone\n2 MMS\n0Back 00Home")),
        (("1", "2"), Screen(text="MMS: 1, 2, 3\n1 Yes\n0Back 00Home")),
        (("1", "mms"), Screen(text="MMS: 1, 2, 3\n1 Yes\n0Back 00Home")),
        (("1", "2", "0"), Screen(text="1 Ring-back tone\n2 MMS\n0Back 00Home")),
        (("1", "2", "00"), Screen(text="Hello\n1 Buy\n2 Code\n0Exit")),
    ],
)
def test_inputs_lead_where_the_menu_says(inputs: tuple[str, ...], expected: Screen) -> None:
    assert said(*inputs, outcomes=LISTED).screen == expected


def test_what_was_picked_is_what_is_ordered() -> None:
    step = said("1", "2", "1", outcomes=LISTED)
    assert step.action == Action(name=ActionName.ORDER_SERVICE, arguments={"service": "MMS"})
    done = finish(MENU, USSD, step.state, Outcome(text="MMS is active"))
    assert done.screen == Screen(text="MMS is active", ends=True)


def test_a_failed_order_does_not_end_the_session_and_back_does_not_order_again() -> None:
    step = said("1", "2", "1", outcomes=LISTED)
    failed = finish(MENU, USSD, step.state, Outcome(text="We are busy", failed=True))
    assert failed.screen == Screen(text="We are busy\n0Back 00Home")
    back = answer(MENU, USSD, failed.state, "0")
    assert back.action == Action(name=ActionName.QUOTE_SERVICE, arguments={"service": "MMS"})


def test_a_session_comes_back_where_it_was_left_and_survives_a_changed_menu() -> None:
    left = said("1", outcomes=LISTED)
    assert resume(MENU, USSD, SessionState.unpack(left.state.pack())) == left
    gone = SessionState(node="was-here-once")
    assert shown(resume(MENU, USSD, gone)).startswith("Hello")
    assert shown(answer(MENU, USSD, gone, "1")).startswith("Hello")


def test_an_empty_list_says_so_and_can_be_left() -> None:
    assert (
        shown(said("1", outcomes={ActionName.LIST_SERVICES: Outcome()})) == "Nothing here at the moment\n0Back 00Home"
    )


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)
LIMIT = st.builds(ScreenLimit, septets=st.integers(60, 182), units=st.integers(60, 91), options=st.integers(1, 20))
KEYS = Keys(onward="#下页", backward="*上页", always="0返回 00首页")


@given(
    head=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=400),
    options=st.lists(WORDS, max_size=40),
    limit=LIMIT,
)
def test_no_page_is_over_the_limit_and_no_character_is_lost(head: str, options: list[str], limit: ScreenLimit) -> None:
    pages = paginate(head, options, keys=KEYS, limit=limit)
    assert all(limit.fits(page) for page in pages)
    bodies = [page.removesuffix("\n" + page.split("\n")[-1]) if "\n" in page else "" for page in pages]
    assert "".join(bodies).replace("\n", "") == "".join([head, *options])


@st.composite
def menus(draw: st.DrawFn) -> Menu:
    """Menus of menu, text, input and action nodes, every node reachable from the first."""
    count = draw(st.integers(1, 12))
    names = [f"n{number}" for number in range(count)]
    nodes: dict[str, Any] = {}
    for number, name in enumerate(names):
        children = [child for at, child in enumerate(names) if at and (at - 1) // 3 == number]
        label = st.text(st.sampled_from("ab 业务€"), min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
        if children:
            choices = [{"label": draw(label), "to": child} for child in children]
            nodes[name] = {"kind": "menu", "text": draw(label) * draw(st.integers(1, 12)), "choices": choices}
        elif draw(st.booleans()):
            nodes[name] = {"kind": "action", "action": "points_balance", "ends": draw(st.booleans())}
        else:
            nodes[name] = {"kind": "text", "text": draw(label) * draw(st.integers(1, 12)), "ends": draw(st.booleans())}
    return read_menu({"name": "any", "language": draw(st.sampled_from(["zh", "en"])), "start": "n0", "nodes": nodes})


def walk(menu: Menu, limit: ScreenLimit) -> Iterator[tuple[SessionState, Screen]]:
    """Every state that inputs of keys and numbers can reach, with its screen."""
    waiting, seen = [begin(menu, limit)], set[str]()
    while waiting:
        step = waiting.pop()
        if step.action is not None:
            step = finish(menu, limit, step.state, Outcome(text="积分 12345 points " * 30))
        assert step.screen is not None
        place = repr((step.state.node, step.state.page, step.state.trail))
        if place in seen:
            continue
        seen.add(place)
        yield step.state, step.screen
        if not step.screen.ends:
            waiting += [answer(menu, limit, step.state, text) for text in ("#", "1", "2", "3")]


@settings(max_examples=60, deadline=None)
@given(menu=menus(), limit=LIMIT)
def test_in_any_menu_every_node_is_reached_no_screen_is_too_long_and_nobody_is_stuck(
    menu: Menu, limit: ScreenLimit
) -> None:
    reached = set()
    for state, screen in walk(menu, limit):
        reached.add(state.node)
        assert limit.fits(screen.text)
        if not screen.ends:
            home = answer(menu, limit, state, "00")
            home_node = home.state.node
            assert home_node == menu.start
            assert limit.fits(shown(_settled(menu, answer(menu, limit, state, "no such thing"), {})))
    assert reached == set(menu.nodes)


@given(text=st.text(max_size=40))
def test_no_input_breaks_a_session(text: str) -> None:
    for step in (said(), said("2"), said("1", outcomes=LISTED)):
        assert answer(MENU, USSD, step.state, text).state.node in MENU.nodes
