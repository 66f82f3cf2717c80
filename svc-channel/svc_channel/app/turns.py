"""What takes turns and what does the actions they ask for, as use cases and edges see them; says nothing of how."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from svc_channel.domain.sessions.actions import Action, Outcome
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.sessions.state import Screen
from svc_channel.domain.sessions.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """For whom an action is done: the peer's number, over which channel, in which language; ``key`` names it once.

    ``branch`` is the city that speaks, empty for the province. Who is not ``proven`` may be anybody: nothing is paid or
    told in the peer's name.
    """

    peer: str
    channel: str
    branch: str
    language: Language
    key: str
    proven: bool


class Actions(Protocol):
    """Does what menus ask for."""

    async def perform(self, action: Action, actor: Actor) -> Outcome:
        """What came of it; a peer that is away is an outcome too, in words. Never raises a DomainError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a turn came to, and the key of the ``turn`` that led there; no ``session_id`` where there was nothing to abort."""

    session_id: UUID | None
    screen: Screen
    turn: str = ""


class Turns(Protocol):
    """Where turns are handed in."""

    async def take(self, turn: Turn) -> Taken:
        """The screen of this turn; the same turn again has the same screen.

        Raises InvalidInput CHANNEL_UNKNOWN, LimitExceeded CROWDED, Unavailable while the database is away.
        """
        ...
