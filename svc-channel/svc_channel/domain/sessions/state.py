"""Where one session stands, small enough to be a row, and what a turn comes to; must not decide the next turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from svc_channel.domain.sessions.actions import Action, Item, Quoted

# Who goes back further starts at home.
TRAIL_LIMIT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """``trail`` are the nodes to go back through; ``shown``, ``items``, ``quoted`` and ``play`` what an action gave it."""

    node: str
    page: int = 0
    trail: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    items: tuple[Item, ...] = ()
    failed: bool = False
    quoted: Quoted | None = None
    play: str = ""

    def pack(self) -> dict[str, Any]:
        """Plain data of the fields that are not at their default."""
        packed: dict[str, Any] = {"n": self.node}
        if self.page:
            packed["p"] = self.page
        if self.trail:
            packed["t"] = list(self.trail)
        if self.values:
            packed["v"] = dict(self.values)
        if self.shown:
            packed["s"] = self.shown
        if self.items:
            packed["i"] = [[item.value, item.label] for item in self.items]
        if self.failed:
            packed["f"] = True
        if self.quoted is not None:
            packed["q"] = [self.quoted.item, self.quoted.fen]
        if self.play:
            packed["y"] = self.play
        return packed

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> "SessionState":
        """The state that was packed."""
        return cls(
            node=packed["n"],
            page=packed.get("p", 0),
            trail=tuple(packed.get("t", ())),
            values=packed.get("v", {}),
            shown=packed.get("s", ""),
            items=tuple(Item(value=value, label=label) for value, label in packed.get("i", ())),
            failed=packed.get("f", False),
            quoted=Quoted(item=packed["q"][0], fen=packed["q"][1]) if "q" in packed else None,
            play=packed.get("y", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the subscriber sees or hears; ``ends`` when nothing more is expected from them.

    ``play`` is the code of a tone that the system which speaks the text plays after it.
    """

    text: str
    ends: bool = False
    play: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn's result: a screen, or an action to be done before there is one."""

    state: SessionState
    screen: Screen | None = None
    action: Action | None = None
