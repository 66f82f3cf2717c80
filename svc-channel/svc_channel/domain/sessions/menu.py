"""A menu as data that checks itself: nodes, where their choices lead, what they ask; must not run it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.sessions.actions import QUOTATIONS, SHAPES, ActionName

NODES_LIMIT: Final = 200
CHOICES_LIMIT: Final = 40
TEXT_LENGTH: Final = 1_000
LABEL_LENGTH: Final = 60
VALUE_LENGTH: Final = 200
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
CODE: Final = re.compile(r"[0-9*#]{2,40}")
CODES_LIMIT: Final = 20
# What may be dialled after a code: a tone's short code is no longer.
EXTENSION: Final = re.compile(r"[0-9]{1,8}")
# Some five short messages at most.
AFTER_CALL_LENGTH: Final = 300
# A network ends a silent USSD session after some minutes; a robot's visitor may go for tea.
TIMEOUT_SECONDS_LIMIT: Final = 86_400

BACK: Final = "0"
HOME: Final = "00"
ONWARD: Final = "#"
BACKWARD: Final = "*"


class Language(StrEnum):
    """What a menu speaks, one language each."""

    ZH = "zh"
    EN = "en"


class NodeKind(StrEnum):
    """What a node is for."""

    MENU = "menu"
    TEXT = "text"
    INPUT = "input"
    ACTION = "action"


class FieldKind(StrEnum):
    """What an input node takes."""

    DIGITS = "digits"
    NUMBER = "number"
    TEXT = "text"


def refused(reason: str, field: str, detail: str) -> InvalidInput:
    """A menu that can't be."""
    return InvalidInput(reason=reason, field=field, detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a menu and the node it leads to."""

    label: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What an input must be: so many digits, a number in bounds, or a text of a length; never a key such as 0."""

    kind: FieldKind
    least: int = 1
    most: int = VALUE_LENGTH

    def __post_init__(self) -> None:
        if self.least > self.most or self.least < 0:
            raise refused("FIELD_BOUNDS", "accept", f"{self.least} to {self.most} holds nothing")
        if self.kind is not FieldKind.NUMBER and self.most > VALUE_LENGTH:
            raise refused("FIELD_BOUNDS", "accept", f"an input is at most {VALUE_LENGTH} characters")

    def read(self, text: str) -> str | None:
        """The value as it is kept; None when it is not what was asked for."""
        if text in {BACK, HOME}:
            return None
        if self.kind is FieldKind.TEXT:
            return text if self.least <= len(text) <= self.most else None
        if not (text.isascii() and text.isdecimal()) or len(text) > VALUE_LENGTH:
            return None
        measured = len(text) if self.kind is FieldKind.DIGITS else int(text)
        return text if self.least <= measured <= self.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Digits that are dialled right after a menu's code: under which name they are kept, and where they lead (CAT-47)."""

    save: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place in a menu. ``to`` is where an input or a picked item leads; ``ends`` closes the session after it."""

    kind: NodeKind
    text: str = ""
    choices: tuple[Choice, ...] = ()
    to: str = ""
    save: str = ""
    ends: bool = False
    accept: Field | None = None
    action: ActionName | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def targets(self) -> Iterator[str]:
        """The nodes it leads to."""
        if self.to:
            yield self.to
        yield from (choice.to for choice in self.choices)

    @property
    def changes(self) -> bool:
        """Whether entering it changes something."""
        return self.action is not None and SHAPES[self.action].changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Nodes by name. Refuses (InvalidInput, reasons MENU_* and NODE_*) what would leave somebody stuck.

    ``codes`` are what is dialled to come here, such as *100#. ``after_call`` is the SMS to who
    hangs up (CHN-10). An order is reached only through the quotation of the same thing, which shows its prices (CHN-33).
    """

    name: str
    language: Language
    start: str
    nodes: Mapping[str, Node]
    timeout_seconds: int = 180
    resume_seconds: int = 600
    codes: tuple[str, ...] = ()
    after_call: str = ""
    extension: Extension | None = None

    def __post_init__(self) -> None:
        self._check_name_and_times()
        if not 1 <= len(self.nodes) <= NODES_LIMIT:
            raise refused("MENU_SIZE", "nodes", f"1 to {NODES_LIMIT} nodes")
        if self.start not in self.nodes:
            raise refused("NODE_UNKNOWN", "start", f"there is no node {self.start!r}")
        if self.nodes[self.start].changes:
            raise refused("NODE_CHANGES", "start", "dialling in must not order or enter anything by itself")
        saved = {node.save for node in self.nodes.values() if node.save}
        if self.extension is not None:
            self._check_extension(self.extension)
            saved.add(self.extension.save)
        for name, node in self.nodes.items():
            _check_node(name, node, saved)
            for target in node.targets:
                if target not in self.nodes:
                    raise refused("NODE_UNKNOWN", f"nodes.{name}", f"it leads to {target!r}, which is not there")
        self._check_reach()
        self._check_orders()

    def _check_name_and_times(self) -> None:
        if not NAME.fullmatch(self.name):
            raise refused("MENU_NAME", "name", "a letter, then letters, digits, - or _; at most 40")
        for name, seconds in (("timeout_seconds", self.timeout_seconds), ("resume_seconds", self.resume_seconds)):
            if not 0 <= seconds <= TIMEOUT_SECONDS_LIMIT or (name == "timeout_seconds" and not seconds):
                raise refused("MENU_TIMES", name, f"at most {TIMEOUT_SECONDS_LIMIT} seconds")
        _check_text("after_call", self.after_call, AFTER_CALL_LENGTH)
        if len(self.codes) > CODES_LIMIT or not all(CODE.fullmatch(code) for code in self.codes):
            raise refused("MENU_CODES", "codes", f"at most {CODES_LIMIT} codes of digits, * and #, such as *100#")

    def dialled_after(self, code: str) -> str:
        """The digits that ``code`` has after one of the menu's own; empty where it has none or leads nowhere."""
        if self.extension is None:
            return ""
        rests = (code.removeprefix(own) for own in self.codes if code.startswith(own))
        return next((rest for rest in rests if EXTENSION.fullmatch(rest)), "")

    def _check_extension(self, extension: Extension) -> None:
        if extension.to not in self.nodes or not NAME.fullmatch(extension.save):
            raise refused("NODE_UNKNOWN", "extension", f"it leads to {extension.to!r}, or saves under no name")
        target = self.nodes[extension.to]
        if target.changes and target.action is not ActionName.PLAY_TONE:
            raise refused("NODE_CHANGES", "extension", "dialling in must not order or enter anything by itself")

    def _check_reach(self) -> None:
        entries = [self.start, *([self.extension.to] if self.extension is not None else [])]
        reached, waiting = set(entries), entries
        while waiting:
            for target in self.nodes[waiting.pop()].targets:
                if target not in reached:
                    reached.add(target)
                    waiting.append(target)
        if lost := sorted(self.nodes.keys() - reached):
            raise refused("NODE_UNREACHABLE", f"nodes.{lost[0]}", "no choice leads to it")

    def _check_orders(self) -> None:
        for name, node in self.nodes.items():
            for target in node.targets:
                order = self.nodes[target]
                if order.action is None or order.action not in QUOTATIONS:
                    continue
                quoted = node.action is QUOTATIONS[order.action] and node.arguments == order.arguments
                if not quoted:
                    detail = (
                        f"it is reached from {name!r}: an order follows the quotation of the same thing, with prices"
                    )
                    raise refused("ORDER_UNQUOTED", f"nodes.{target}", detail)


def _check_node(name: str, node: Node, saved: set[str]) -> None:
    where = f"nodes.{name}"
    if not NAME.fullmatch(name) or (node.save and not NAME.fullmatch(node.save)):
        raise refused("NODE_NAME", where, "names are a letter, then letters, digits, - or _; at most 40")
    if len(node.choices) > CHOICES_LIMIT:
        raise refused("NODE_CHOICES", where, f"at most {CHOICES_LIMIT} choices")
    _check_text(where, node.text, TEXT_LENGTH)
    for choice in node.choices:
        _check_text(where, choice.label, LABEL_LENGTH)
        if not choice.label.strip():
            raise refused("NODE_TEXT", where, "a choice has a label")
    if node.kind is not NodeKind.ACTION and not node.text.strip():
        raise refused("NODE_TEXT", where, "it says nothing")
    whole = {
        NodeKind.MENU: bool(node.choices) and not (node.to or node.save or node.ends or node.accept or node.action),
        NodeKind.TEXT: not (node.choices or node.to or node.save or node.accept or node.action),
        NodeKind.INPUT: bool(node.accept and node.to and node.save) and not (node.choices or node.ends or node.action),
        NodeKind.ACTION: node.action is not None and not node.accept,
    }
    if not whole[node.kind]:
        raise refused("NODE_SHAPE", where, f"this is not what a node of kind {node.kind.value} is made of")
    if node.action is not None:
        _check_action(where, node, node.action, saved)


def _check_action(where: str, node: Node, action: ActionName, saved: set[str]) -> None:
    shape = SHAPES[action]
    if set(node.arguments) != set(shape.arguments):
        wanted = ", ".join(shape.arguments) or "none"
        raise refused("ACTION_ARGUMENTS", where, f"{action.value} takes these arguments: {wanted}")
    for value in node.arguments.values():
        _check_text(where, value, VALUE_LENGTH)
        if value.startswith("$") and value[1:] not in saved:
            raise refused("ACTION_ARGUMENTS", where, f"no node saves {value[1:]!r}")
        if not 1 <= len(value) <= VALUE_LENGTH:
            raise refused("ACTION_ARGUMENTS", where, f"an argument is 1 to {VALUE_LENGTH} characters")
    if shape.gives_items != bool(node.to and node.save):
        raise refused("NODE_SHAPE", where, "a list says with `save` and `to` what picking does; nothing else may")
    if shape.gives_items and (node.choices or node.ends):
        raise refused("NODE_SHAPE", where, "a list has no choices beside its items, and does not end")
    if node.ends and node.choices:
        raise refused("NODE_SHAPE", where, "what ends leaves nothing to choose")


def _check_text(where: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise refused("NODE_TEXT", where, f"at most {longest} characters")
    for character in text:
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise refused("NODE_TEXT", where, "no control characters and no half of a surrogate pair")
