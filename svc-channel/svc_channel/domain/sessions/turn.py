"""One turn of a session: which session it continues, what it leads to, and what is kept of it; calls nobody."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from svc_channel.domain.sessions.engine import answer, begin, resume
from svc_channel.domain.sessions.limits import limit_of
from svc_channel.domain.sessions.menu import Menu
from svc_channel.domain.sessions.state import Screen, SessionState, Step

# The session number of a push until the network has given it one of its own.
PUSHED: Final = "push"
# What an input may be: longer than anything a screen asks for, short enough to be kept nowhere in bulk.
INPUT_LENGTH: Final = 500
# How much of a digest tells the numbers of one peer's sessions apart.
NUMBER_DIGITS: Final = 16
# Turns before the last whose keys a session remembers, and how much of a key's digest tells them apart. A retry that a
# network or a proxy holds back comes within a few turns.
PAST_TURNS: Final = 16
KEY_DIGITS: Final = 8


class TurnKind(StrEnum):
    """What happened at the other end."""

    BEGIN = "begin"
    """Somebody dialled in, or answered a push."""
    INPUT = "input"
    ABORT = "abort"
    """They hung up, or the network gave up waiting; the session can be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``number`` is the network's session with this peer; the same ``key`` of it again is the same turn again.

    Of the last turn it has the same screen; of an older one that of where the session stands by now, and is no input.

    ``branch`` is the city whose robot is spoken to, empty for the province. ``proven`` says whether the network vouches
    that the peer is who it is said to be. ``after`` is the key of the turn whose screen is answered, where that is known:
    a page of a browser may be an old one, and its link would answer another question.
    """

    channel: str
    peer: str
    number: str
    key: str
    kind: TurnKind
    text: str = ""
    code: str = ""
    branch: str = ""
    proven: bool = True
    after: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """What one session is known by."""
        return self.channel, self.peer, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as it is kept. Past ``live_until`` an input begins anew; past ``kept_until`` it is forgotten.

    ``past`` are digests of the keys of its turns before ``last_turn``, the latest first.
    """

    channel: str
    peer: str
    number: str
    id: UUID
    menu: str
    state: SessionState
    version: int
    last_turn: str
    screen: Screen
    live_until: datetime
    kept_until: datetime
    past: tuple[str, ...] = ()

    def has_taken(self, key: str) -> bool:
        """Whether a turn of this key was one of its latest."""
        return key == self.last_turn or _digest(key) in self.past

    def has_left(self, key: str) -> bool:
        """Whether its screen is another by now than that of this turn; empty for a turn that nobody named."""
        return bool(key) and key != self.last_turn

    def past_with_last(self) -> tuple[str, ...]:
        """What is past once another turn is the last."""
        return (_digest(self.last_turn), *self.past)[:PAST_TURNS]


class Menus(Protocol):
    """The menus that stand now."""

    def get(self, name: str) -> Menu | None:
        """The menu of that name."""
        ...

    def find(self, channel: str, code: str) -> Menu:
        """The menu that answers a code dialled on a channel; the channel's own where none does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """Where a turn leads: ``step`` lacks a screen while its action is not done; ``left`` is what it goes on from."""

    turn: Turn
    menu: Menu
    session_id: UUID
    version: int
    step: Step
    left: Session | None = None
    past: tuple[str, ...] = ()

    @property
    def action_key(self) -> str:
        """Names the action of the session's next version, so that doing it again is a repetition at whoever does it.

        Not of the turn: of two confirmations under two keys one wins the version, and the other must not order again.
        """
        place = hashlib.sha256(self.turn.number.encode()).hexdigest()[:NUMBER_DIGITS]
        return f"session:{self.session_id}:{place}:{self.version}"

    def settle(self, step: Step, *, now: datetime) -> Session:
        """The session after the turn; ``step`` has its screen."""
        screen = step.screen or Screen(text="", ends=True)
        live = timedelta(seconds=self.menu.timeout_seconds)
        kept = timedelta(seconds=max(self.menu.timeout_seconds, self.menu.resume_seconds))
        return Session(
            channel=self.turn.channel,
            peer=self.turn.peer,
            number=self.turn.number,
            id=self.session_id,
            menu=self.menu.name,
            state=step.state,
            version=self.version,
            last_turn=self.turn.key,
            screen=screen,
            live_until=now + live,
            kept_until=now + kept,
            past=self.past,
        )


def advance(
    turn: Turn, known: Sequence[Session], menus: Menus, *, now: datetime, new_id: Callable[[], UUID]
) -> Advance | Session | None:
    """What a turn leads to. A session of ``known`` itself when the turn was taken before; None with nothing to abort.

    A network uses its session numbers again, so a beginning repeats only what is still live.
    ``known`` are the peer's sessions on this channel. Raises InvalidInput CHANNEL_UNKNOWN.
    """
    limit = limit_of(turn.channel)
    here = next((session for session in known if session.number == turn.number), None)
    if here is not None and _changes_nothing(turn, here, now):
        return here
    version = here.version + 1 if here is not None else 1
    if turn.kind is TurnKind.ABORT:
        if here is None:
            return None
        live = min(now, here.live_until)
        return replace(here, version=version, last_turn=turn.key, live_until=live, past=here.past_with_last())
    going_on = _going_on(here, known, menus, now) if turn.kind is TurnKind.INPUT else None
    if going_on is not None:
        session, menu = going_on
        step = answer(menu, limit, session.state, turn.text)
        past = session.past_with_last() if session is here else ()
        return Advance(turn=turn, menu=menu, session_id=session.id, version=version, step=step, left=session, past=past)
    menu = menus.find(turn.channel, turn.code)
    left = _left(known, menu, now) if turn.number != PUSHED else None
    if left is not None:
        step = resume(menu, limit, left.state)
        return Advance(turn=turn, menu=menu, session_id=left.id, version=version, step=step, left=left)
    return Advance(
        turn=turn,
        menu=menu,
        session_id=new_id(),
        version=version,
        step=begin(menu, limit, dialled=menu.dialled_after(turn.code)),
    )


def _going_on(
    here: Session | None, known: Sequence[Session], menus: Menus, now: datetime
) -> tuple[Session, Menu] | None:
    """The session that an input answers: its own, or the push for which the network has just begun it."""
    pushes = [session for session in known if session.number == PUSHED]
    for session in (here, *pushes):
        menu = menus.get(session.menu) if session is not None and _is_live(session, now) else None
        if session is not None and menu is not None:
            return session, menu
    return None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_DIGITS]


def _changes_nothing(turn: Turn, here: Session, now: datetime) -> bool:
    """Whether the turn was taken before, or answers a screen that is another by now."""
    if turn.kind is TurnKind.BEGIN:
        return here.has_taken(turn.key) and _is_live(here, now)
    stale = turn.kind is TurnKind.INPUT and here.has_left(turn.after) and _is_live(here, now)
    return here.has_taken(turn.key) or stale


def _is_live(session: Session, now: datetime) -> bool:
    return not session.screen.ends and now < session.live_until


def _left(known: Sequence[Session], menu: Menu, now: datetime) -> Session | None:
    """The last session of this menu that was broken off and may still be resumed."""
    if not menu.resume_seconds:
        return None
    open_ones = [one for one in known if one.menu == menu.name and not one.screen.ends and now < one.kept_until]
    return max(open_ones, key=lambda one: one.kept_until, default=None)
