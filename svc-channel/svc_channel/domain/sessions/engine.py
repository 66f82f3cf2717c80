"""The one engine of USSD, IVR, robot and hotline sessions: menu, state and input to screen, state and action.

Pure: it calls nobody and keeps nothing. An action is done by the caller, who hands its outcome to ``finish``.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from svc_channel.domain.sessions.actions import Action, Outcome
from svc_channel.domain.sessions.limits import ScreenLimit
from svc_channel.domain.sessions.menu import BACK, BACKWARD, HOME, ONWARD, Menu, Node, NodeKind
from svc_channel.domain.sessions.paging import Keys, paginate
from svc_channel.domain.sessions.state import TRAIL_LIMIT, Screen, SessionState, Step
from svc_channel.domain.sessions.words import say


def begin(menu: Menu, limit: ScreenLimit, *, dialled: str = "") -> Step:
    """A new session at the menu's start, or where its extension leads what was ``dialled`` after the code."""
    if menu.extension is not None and dialled:
        state = SessionState(node=menu.start, values={menu.extension.save: dialled})
        return _enter(menu, limit, state, menu.extension.to, trail=(menu.start,))
    return _enter(menu, limit, SessionState(node=menu.start), menu.start, trail=())


def resume(menu: Menu, limit: ScreenLimit, state: SessionState) -> Step:
    """The screen where an earlier session was left; the start where the menu has changed under it."""
    if state.node not in menu.nodes:
        return begin(menu, limit)
    return _show(menu, limit, state)


def answer(menu: Menu, limit: ScreenLimit, state: SessionState, text: str) -> Step:
    """What an input leads to. Keys: 0 back (at home: the end), 00 home, # and * to the next and the last page."""
    if state.node not in menu.nodes:
        return begin(menu, limit)
    # What was played has been heard.
    state = replace(state, play="")
    said = unicodedata.normalize("NFKC", text).strip()
    if said == HOME:
        return _enter(menu, limit, state, menu.start, trail=())
    if said == BACK:
        return _go_back(menu, limit, state)
    turned = state.page + {ONWARD: 1, BACKWARD: -1}.get(said, 0)
    if turned != state.page and 0 <= turned < len(_pages(menu, limit, state)):
        return _show(menu, limit, replace(state, page=turned))
    node = menu.nodes[state.node]
    target, values = _choose(node, state, said)
    if not target:
        return _show(menu, limit, state, notice=say(menu.language, "wrong"))
    trail = state.trail if node.changes else (*state.trail, state.node)
    return _enter(menu, limit, replace(state, values=values), target, trail=trail[-TRAIL_LIMIT:])


def finish(menu: Menu, limit: ScreenLimit, state: SessionState, outcome: Outcome) -> Step:
    """The screen after the action of the step whose ``state`` this is."""
    bounded = outcome.bounded()
    done = replace(
        state,
        shown=bounded.text,
        items=bounded.items,
        failed=bounded.failed,
        quoted=bounded.quoted,
        play=bounded.play,
    )
    return _show(menu, limit, done)


def _go_back(menu: Menu, limit: ScreenLimit, state: SessionState) -> Step:
    trail = list(state.trail)
    while trail:
        node = trail.pop()
        if node in menu.nodes:
            return _enter(menu, limit, state, node, trail=tuple(trail))
    if state.node != menu.start:
        return _enter(menu, limit, state, menu.start, trail=())
    return Step(state=state, screen=Screen(text=say(menu.language, "goodbye"), ends=True))


def _enter(menu: Menu, limit: ScreenLimit, state: SessionState, name: str, *, trail: tuple[str, ...]) -> Step:
    node = menu.nodes[name]
    there = SessionState(node=name, trail=trail, values=state.values)
    if node.action is None:
        return _show(menu, limit, there)
    arguments = {
        key: state.values.get(value[1:], "") if value.startswith("$") else value
        for key, value in node.arguments.items()
    }
    # An order is entered from the quotation of its service alone (Menu sees to it), so this is what was quoted for it.
    return Step(state=there, action=Action(name=node.action, arguments=arguments, quoted=state.quoted))


def _choose(node: Node, state: SessionState, said: str) -> tuple[str, dict[str, str]]:
    """Where the input leads, empty for nowhere, and the values then known."""
    values = dict(state.values)
    if node.kind is NodeKind.INPUT and node.accept is not None:
        value = node.accept.read(said)
        if value is None:
            return "", values
        return node.to, values | {node.save: value}
    if state.failed:
        return "", values
    if state.items:
        place = _place(said, [item.label for item in state.items])
        return ("", values) if place is None else (node.to, values | {node.save: state.items[place].value})
    place = _place(said, [choice.label for choice in node.choices])
    return ("" if place is None else node.choices[place].to), values


def _place(said: str, labels: Sequence[str]) -> int | None:
    """The line that was meant: by its number, or by its words, as people write to a robot."""
    # No list has a four-digit number, and a longer text is not worth a conversion.
    if said.isascii() and said.isdecimal() and len(said) <= 3:  # noqa: PLR2004 -- see above
        return int(said) - 1 if 1 <= int(said) <= len(labels) else None
    folded = [unicodedata.normalize("NFKC", label).strip().casefold() for label in labels]
    return folded.index(said.casefold()) if said.casefold() in folded else None


def _show(menu: Menu, limit: ScreenLimit, state: SessionState, *, notice: str = "") -> Step:
    pages = _pages(menu, limit, state, notice=notice)
    page = min(state.page, len(pages) - 1)
    ends = _ends(menu.nodes[state.node], state) and page == len(pages) - 1
    return Step(state=replace(state, page=page), screen=Screen(text=pages[page], ends=ends, play=state.play))


def _ends(node: Node, state: SessionState) -> bool:
    return node.ends and not state.failed


def _pages(menu: Menu, limit: ScreenLimit, state: SessionState, *, notice: str = "") -> Sequence[str]:
    node = menu.nodes[state.node]
    head = [notice, node.text if not state.failed else "", state.shown]
    labels = [item.label for item in state.items] if state.items else [choice.label for choice in node.choices]
    if state.failed:
        labels = []
    if not any(head[1:]) and not labels:
        head.append(say(menu.language, "nothing"))
    options = [f"{number} {label}" for number, label in enumerate(labels, start=1)]
    return paginate("\n".join(part for part in head if part), options, keys=_keys(menu, node, state), limit=limit)


def _keys(menu: Menu, node: Node, state: SessionState) -> Keys:
    def word(key: str) -> str:
        return say(menu.language, key)

    if _ends(node, state):
        always = ""
    elif state.node == menu.start and not state.trail:
        always = word("leave")
    else:
        always = f"{word('back')} {word('home')}"
    return Keys(onward=word("onward"), backward=word("backward"), always=always)
