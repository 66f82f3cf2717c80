"""Does together what comes one by one, as much a call as waits; it must not know what it does.

A call, be it to a service or to the database, costs little more for a hundred than for one. Who is alone is sent at
once; who comes while a call is out waits for it and goes with all others who came meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from carillon_chassis.errors import DomainError, LimitExceeded

Place = TypeVar("Place", bound=Hashable)
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Queue(Generic[Item, Answer]):
    """What may go in one call."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self.senders: set[asyncio.Task[None]] = set()


class Gathering(Generic[Place, Item, Answer]):
    """Where one kind of thing is handed in.

    ``send`` makes one call of at most ``a_call`` items of one place and gives the answer or the refusal of each in their
    order; at most ``calls_at_once`` of a place are on their way, and at most ``most_waiting`` items of all wait.
    """

    def __init__(
        self,
        send: Callable[[Place, list[Item]], Awaitable[Sequence[Answer | DomainError]]],
        *,
        a_call: int,
        calls_at_once: int,
        most_waiting: int,
    ) -> None:
        self._send_call = send
        self._a_call = a_call
        self._calls_at_once = calls_at_once
        self._most_waiting = most_waiting
        self._queues: dict[Place, _Queue[Item, Answer]] = {}
        self._waiting = 0

    async def ask(self, place: Place, item: Item) -> Answer:
        """The item's answer. Raises LimitExceeded CROWDED, and what the item or its whole call is refused with."""
        if self._waiting >= self._most_waiting:
            raise LimitExceeded(reason="CROWDED", detail="too many wait; try again in a moment")
        queue = self._queues.setdefault(place, _Queue())
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        queue.waiting.append((item, answer))
        self._waiting += 1
        if len(queue.senders) < self._calls_at_once:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            sender = asyncio.get_running_loop().create_task(self._send(place, queue), context=Context())
            queue.senders.add(sender)
        return await answer

    async def close(self) -> None:
        """Ends what is under way; whoever waits is told that it was."""
        queues = list(self._queues.values())
        senders = [sender for queue in queues for sender in queue.senders]
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        for queue in queues:
            for _, answer in queue.waiting:
                answer.cancel()

    async def _send(self, place: Place, queue: _Queue[Item, Answer]) -> None:
        """Sends what waits until nothing waits."""
        try:
            while queue.waiting:
                await self._send_together(place, queue)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            queue.senders.discard(asyncio.current_task())
            if not queue.senders and not queue.waiting:
                self._queues.pop(place, None)

    async def _send_together(self, place: Place, queue: _Queue[Item, Answer]) -> None:
        taken = [queue.waiting.popleft() for _ in range(min(len(queue.waiting), self._a_call))]
        self._waiting -= len(taken)
        try:
            found = await self._send_call(place, [item for item, _ in taken])
            if len(found) != len(taken):
                # Nobody could say whose is missing, and who is told nothing would wait for ever.
                raise RuntimeError(f"{len(found)} answers to a call of {len(taken)}")  # noqa: TRY301 -- it is answered below
        except asyncio.CancelledError:
            for _, answer in taken:
                answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), one in zip(taken, found, strict=True):
            # A caller who hung up is gone; what was done stands all the same, and a repetition finds it.
            if answer.done():
                continue
            if isinstance(one, DomainError):
                answer.set_exception(one)
            else:
                answer.set_result(one)
