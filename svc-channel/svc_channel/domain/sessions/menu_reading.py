"""Reads a menu from plain data, as YAML and JSON give it, and writes it back; decides nothing about sessions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from svc_channel.domain.sessions.actions import ActionName
from svc_channel.domain.sessions.menu import (
    Choice,
    Extension,
    Field,
    FieldKind,
    Language,
    Menu,
    Node,
    NodeKind,
    refused,
)

_MENU_KEYS: Final = frozenset(
    {"name", "language", "start", "nodes", "timeout_seconds", "resume_seconds", "codes", "after_call", "extension"}
)
_NODE_KEYS: Final = frozenset({"kind", "text", "choices", "to", "save", "ends", "accept", "action", "arguments"})
_ACCEPT_KEYS: Final = frozenset({"kind", "least", "most"})
_EXTENSION_KEYS: Final = frozenset({"save", "to"})
_CHOICE_KEYS: Final = frozenset({"label", "to"})

EnumT = TypeVar("EnumT", NodeKind, FieldKind, Language, ActionName)


def read_menu(data: Any) -> Menu:
    """The menu. Raises InvalidInput MENU_UNREADABLE with the field, and what Menu refuses."""
    menu = _mapping(data, "", _MENU_KEYS)
    nodes = menu.get("nodes")
    if not isinstance(nodes, Mapping):
        raise _unreadable("nodes", "nodes by name")
    times = {key: _whole(menu[key], key) for key in ("timeout_seconds", "resume_seconds") if key in menu}
    codes = menu.get("codes", ())
    if isinstance(codes, str) or not isinstance(codes, Sequence):
        raise _unreadable("codes", "a list")
    return Menu(
        after_call=_text(menu.get("after_call", ""), "after_call"),
        codes=tuple(_text(code, "codes") for code in codes),
        name=_text(menu.get("name"), "name"),
        language=_one_of(Language, menu.get("language"), "language"),
        start=_text(menu.get("start"), "start"),
        extension=_extension(menu["extension"]) if menu.get("extension") is not None else None,
        nodes={str(name): _node(node, f"nodes.{name}") for name, node in nodes.items()},
        **times,
    )


def write_menu(menu: Menu) -> dict[str, Any]:
    """Plain data that read_menu reads as the same menu."""
    extension = menu.extension
    return {
        "name": menu.name,
        "language": menu.language.value,
        "start": menu.start,
        "codes": list(menu.codes),
        "after_call": menu.after_call,
        "timeout_seconds": menu.timeout_seconds,
        "resume_seconds": menu.resume_seconds,
        "extension": {"save": extension.save, "to": extension.to} if extension is not None else None,
        "nodes": {name: _write_node(node) for name, node in menu.nodes.items()},
    }


def _node(data: Any, where: str) -> Node:
    node = _mapping(data, where, _NODE_KEYS)
    choices = node.get("choices", ())
    if isinstance(choices, str) or not isinstance(choices, Sequence):
        raise _unreadable(f"{where}.choices", "a list")
    arguments = _mapping(node.get("arguments", {}), f"{where}.arguments", None)
    ends = node.get("ends", False)
    if not isinstance(ends, bool):
        raise _unreadable(f"{where}.ends", "true or false")
    return Node(
        kind=_one_of(NodeKind, node.get("kind"), f"{where}.kind"),
        text=_text(node.get("text", ""), f"{where}.text"),
        choices=tuple(_choice(choice, f"{where}.choices") for choice in choices),
        to=_text(node.get("to", ""), f"{where}.to"),
        save=_text(node.get("save", ""), f"{where}.save"),
        ends=ends,
        accept=_field(node["accept"], f"{where}.accept") if "accept" in node else None,
        action=_one_of(ActionName, node["action"], f"{where}.action") if "action" in node else None,
        arguments={str(name): _text(value, f"{where}.arguments") for name, value in arguments.items()},
    )


def _extension(data: Any) -> Extension:
    extension = _mapping(data, "extension", _EXTENSION_KEYS)
    return Extension(save=_text(extension.get("save"), "extension.save"), to=_text(extension.get("to"), "extension.to"))


def _choice(data: Any, where: str) -> Choice:
    choice = _mapping(data, where, _CHOICE_KEYS)
    return Choice(label=_text(choice.get("label"), where), to=_text(choice.get("to"), where))


def _field(data: Any, where: str) -> Field:
    accept = _mapping(data, where, _ACCEPT_KEYS)
    bounds = {key: _whole(accept[key], where) for key in ("least", "most") if key in accept}
    return Field(kind=_one_of(FieldKind, accept.get("kind"), where), **bounds)


def _write_node(node: Node) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": node.kind.value}
    written |= {key: value for key in ("text", "to", "save", "ends") if (value := getattr(node, key))}
    if node.choices:
        written["choices"] = [{"label": choice.label, "to": choice.to} for choice in node.choices]
    if node.accept is not None:
        written["accept"] = {"kind": node.accept.kind.value, "least": node.accept.least, "most": node.accept.most}
    if node.action is not None:
        written["action"] = node.action.value
    if node.arguments:
        written["arguments"] = dict(node.arguments)
    return written


def _mapping(data: Any, where: str, keys: frozenset[str] | None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _unreadable(where, "names and values")
    if keys is not None and (strange := sorted(str(key) for key in data if key not in keys)):
        raise _unreadable(where, f"{strange[0]!r} is not known here; known: {', '.join(sorted(keys))}")
    return data


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _unreadable(where, "a text (in YAML, quote numbers)")
    return value


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unreadable(where, "a whole number")
    return value


def _one_of(kind: type[EnumT], value: Any, where: str) -> EnumT:
    try:
        return kind(value)
    except ValueError:
        raise _unreadable(where, f"one of {', '.join(member.value for member in kind)}") from None


def _unreadable(where: str, detail: str) -> Exception:
    return refused("MENU_UNREADABLE", where, detail)
