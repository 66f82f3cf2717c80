"""Takes a batch of turns, each of another session, in one transaction; does none of their actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import DomainError
from svc_channel.app.turns import Taken
from svc_channel.domain.hotline import SPOKEN
from svc_channel.domain.number import is_e164
from svc_channel.domain.sessions.actions import Action, Outcome
from svc_channel.domain.sessions.engine import finish
from svc_channel.domain.sessions.limits import limit_of
from svc_channel.domain.sessions.state import Screen
from svc_channel.domain.sessions.turn import Advance, Menus, Session, Turn, TurnKind, advance
from svc_channel.store.hotline import Owed, owe_after_calls
from svc_channel.store.sessions import end_sessions, fetch_sessions, write_sessions

Done = tuple[Action, Outcome]
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The session was changed by another replica in the same moment: the turn is to be taken again."""


Result = Taken | Advance | Moved | DomainError


async def take_turns(
    unit: UnitOfWork,
    turns: Sequence[tuple[Turn, Done | None]],
    menus: Menus,
    *,
    now: datetime,
    new_id: Callable[[], UUID],
) -> list[Result]:
    """One result a turn: what it came to, an Advance whose action is to be done first, or why not.

    A turn comes with the action that was done for it and its outcome once there is one. Nothing of a turn is kept
    before its action is done, so a process that dies in between takes it again and the action is a repetition.
    """
    known = await fetch_sessions(unit, [(turn.channel, turn.peer) for turn, _ in turns])
    results: list[Result] = []
    settled: dict[Place, Session] = {}
    left: list[Place] = []
    for turn, done in turns:
        sessions = known.get((turn.channel, turn.peer), ())
        try:
            reached = _reach(turn, done, sessions, menus, now=now, new_id=new_id)
        except DomainError as error:
            results.append(error)
            continue
        if isinstance(reached, Advance):
            if reached.step.action is not None:
                results.append(reached)
                continue
            if reached.left is not None and reached.left.number != turn.number:
                left.append((turn.channel, turn.peer, reached.left.number))
        session = reached.settle(reached.step, now=now) if isinstance(reached, Advance) else reached
        if session is not None and session not in sessions:
            settled[turn.place] = session
        results.append(_taken(turn, session))
    if settled:
        written = await write_sessions(unit, list(settled.values()))
        await end_sessions(unit, left)
        await owe_after_calls(unit, _after_calls(turns, settled, written, menus), now=now)
        lost = settled.keys() - written
        return [
            Moved() if turn.place in lost and isinstance(result, Taken) else result
            for (turn, _), result in zip(turns, results, strict=True)
        ]
    return results


def _reach(
    turn: Turn,
    done: Done | None,
    known: Sequence[Session],
    menus: Menus,
    *,
    now: datetime,
    new_id: Callable[[], UUID],
) -> Advance | Session | None:
    """What the turn leads to, its action done where ``done`` is just that action."""
    reached = advance(turn, known, menus, now=now, new_id=new_id)
    if isinstance(reached, Advance) and done is not None and reached.step.action == done[0]:
        step = finish(reached.menu, limit_of(turn.channel), reached.step.state, done[1])
        return replace(reached, step=step)
    return reached


def _after_calls(
    turns: Sequence[tuple[Turn, Done | None]],
    settled: Mapping[Place, Session],
    written: set[Place],
    menus: Menus,
) -> list[Owed]:
    """The SMS for callers whose call ended with this turn (CHN-10)."""
    owed: list[Owed] = []
    for turn, _ in turns:
        session = settled.get(turn.place)
        if session is None or turn.place not in written or turn.channel not in SPOKEN:
            continue
        menu = menus.get(session.menu)
        ended = session.screen.ends or turn.kind is TurnKind.ABORT
        if menu is not None and menu.after_call and ended and is_e164(turn.peer):
            owed.append(Owed(session_id=session.id, msisdn=turn.peer, text=menu.after_call))
    return owed


def _taken(turn: Turn, session: Session | None) -> Taken:
    if session is None or turn.kind is TurnKind.ABORT:
        return Taken(session_id=session.id if session else None, screen=Screen(text="", ends=True))
    return Taken(session_id=session.id, screen=session.screen, turn=session.last_turn)
