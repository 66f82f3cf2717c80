"""Takes turns of all channels together, as many a transaction as wait, and has their actions done; shows nothing.

A transaction costs the same for one turn as for a hundred. Who is alone is taken at once; who comes while one is under
way waits for it and goes with all others who came meanwhile. Actions are done outside, and then the turn comes back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import CONFLICTS, Database
from carillon_chassis.errors import DomainError, LimitExceeded, Unavailable
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.take_turns import Done, Moved, Result, take_turns
from svc_channel.app.turns import Actions, Actor, Taken
from svc_channel.domain.sessions.turn import Advance, Turn

TURNS_A_BATCH: Final = 250
# Beyond this nobody would be answered in the time a person waits; they are told at once.
WAITING_LIMIT: Final = 10_000
# A turn that meets another replica so often is one of two that answer the same session.
TRIES: Final = 5
# A channel and a peer: its sessions there hang together, as one may resume another.
Place = tuple[str, str]

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    turn: Turn
    taken: "asyncio.Future[Taken]"
    done: Done | None = None
    tries_left: int = TRIES

    @property
    def place(self) -> Place:
        """Whose turn it is."""
        return self.turn.channel, self.turn.peer


class TurnDesk:
    """Where turns are handed in; one of these a process."""

    def __init__(
        self, *, database: Database, menus: MenuBook, actions: Actions, clock: Clock, new_id: Callable[[], UUID]
    ) -> None:
        self._database = database
        self._menus = menus
        self._actions = actions
        self._clock = clock
        self._new_id = new_id
        self._waiting: deque[_Waiting] = deque()
        self._outside: set[asyncio.Task[None]] = set()
        # Whose turn has its action done outside, and what they said since: it waits, or it would overtake the action.
        self._held: dict[Place, deque[_Waiting]] = {}
        self._held_turns = 0
        self._taker: asyncio.Task[None] | None = None

    async def take(self, turn: Turn) -> Taken:
        """See app.turns.Turns."""
        if len(self._waiting) + len(self._outside) + self._held_turns >= WAITING_LIMIT:
            raise LimitExceeded(reason="CROWDED", detail="too many turns wait; try again in a moment")
        waiting = _Waiting(turn, asyncio.get_running_loop().create_future())
        self._enqueue(waiting)
        return await waiting.taken

    async def close(self) -> None:
        """Ends what is under way; whoever waits is told that it was."""
        tasks = [*self._outside, *([self._taker] if self._taker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in (*self._waiting, *(one for held in self._held.values() for one in held)):
            waiting.taken.cancel()

    def _enqueue(self, *turns: _Waiting, first: bool = False) -> None:
        if first:
            self._waiting.extendleft(reversed(turns))
        else:
            self._waiting.extend(turns)
        if self._taker is None:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            self._taker = asyncio.get_running_loop().create_task(self._work(), context=Context())

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                if batch:
                    await self._take_together(batch)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._taker = None

    def _next_batch(self) -> list[_Waiting]:
        """The oldest turns, each of another peer: a session's next turn builds on its last, and on what that had done.

        None where every peer that waits has an action done outside.
        """
        batch: list[_Waiting] = []
        places: set[Place] = set()
        later: list[_Waiting] = []
        while self._waiting and len(batch) < TURNS_A_BATCH:
            waiting = self._waiting.popleft()
            if waiting.place in self._held:
                self._held[waiting.place].append(waiting)
                self._held_turns += 1
            elif waiting.place in places:
                later.append(waiting)
            else:
                places.add(waiting.place)
                batch.append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _take_together(self, batch: list[_Waiting]) -> None:
        turns = [(waiting.turn, waiting.done) for waiting in batch]
        try:
            await self._menus.refresh()
            async with self._database.unit_of_work() as unit:
                results = await take_turns(unit, turns, self._menus, now=self._clock.now(), new_id=self._new_id)
        except CONFLICTS:
            results = [Moved() for _ in batch]
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for waiting in batch:
                _fail(waiting, error)
            return
        for waiting, result in zip(batch, results, strict=True):
            self._settle(waiting, result)

    def _settle(self, waiting: _Waiting, result: Result) -> None:
        if isinstance(result, Taken):
            # A caller who hung up is gone; the turn stands all the same, and a repetition finds it.
            if not waiting.taken.done():
                waiting.taken.set_result(result)
            return
        if isinstance(result, DomainError):
            _fail(waiting, result)
            return
        waiting.tries_left -= 1
        if not waiting.tries_left:
            _fail(waiting, Unavailable(reason="CONTENTION", detail="others change the same session; try again"))
        elif isinstance(result, Advance):
            self._held[waiting.place] = deque()
            task = asyncio.get_running_loop().create_task(self._act(waiting, result), context=Context())
            self._outside.add(task)
            task.add_done_callback(self._outside.discard)
        else:
            self._enqueue(waiting)

    async def _act(self, waiting: _Waiting, reached: Advance) -> None:
        action = reached.step.action
        if action is None:
            raise ValueError("a step without a screen has an action")
        actor = Actor(
            peer=reached.turn.peer,
            channel=reached.turn.channel,
            branch=reached.turn.branch,
            language=reached.menu.language,
            key=reached.action_key,
            proven=reached.turn.proven,
        )
        try:
            waiting.done = (action, await self._actions.perform(action, actor))
        except Exception as error:
            logger.exception("the action %s failed", action.name.value)
            _fail(waiting, error)
            self._release(waiting.place)
            return
        self._release(waiting.place, waiting)

    def _release(self, place: Place, *acted: _Waiting) -> None:
        """Queues a turn whose action is done, and behind it what its peer said meanwhile."""
        held = self._held.pop(place)
        self._held_turns -= len(held)
        self._enqueue(*acted, *held, first=True)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.taken.done():
        waiting.taken.set_exception(error)
