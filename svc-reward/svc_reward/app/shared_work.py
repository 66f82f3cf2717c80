"""Does the work of concurrent callers in shared transactions; it must not answer before the commit.

A commit costs the same for one item as for a thousand, and a row that everybody wants is locked once a batch instead
of once an item. A caller who is alone waits for nobody; replicas of the service work side by side.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Unavailable
from svc_reward.store.contention import PASSING_ERRORS

ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")

# Callers who were answered together come back together: waiting this long for them halves the transactions.
GATHER_SECONDS = 0.002
# A ring of locks or a lost connection hardly ever comes twice in a row.
MAX_ATTEMPTS = 5
RETRY_DELAY_SECONDS = 0.05
# Beyond this the callers' deadlines would pass before their turn; they are told to come back.
MAX_WAITING = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Generic[ItemT, OutcomeT]):
    """A caller's items and where their outcomes go."""

    items: Sequence[ItemT]
    outcomes: "asyncio.Future[list[OutcomeT]]"


class SharedWork(Generic[ItemT, OutcomeT]):
    """Where servicers hand in items of one sort; one of these a process and sort.

    ``work`` gives one outcome for each item, in their order, and must be repeatable: after a lost commit it is done
    again. ``after`` hears the outcomes of each committed batch. ``gather_seconds`` is what a crowd waits for its own.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[UnitOfWork, Sequence[ItemT]], Awaitable[list[OutcomeT]]],
        *,
        max_batch: int,
        busy_reason: str,
        after: Callable[[Sequence[OutcomeT]], None],
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._database = database
        self._work = work
        self._max_batch = max_batch
        self._busy_reason = busy_reason
        self._after = after
        self._gather_seconds = gather_seconds
        self._waiting: deque[Waiting[ItemT, OutcomeT]] = deque()
        self._waiting_items = 0
        self._crowd = 1
        self._draining: asyncio.Task[None] | None = None

    async def hand_in(self, items: Sequence[ItemT]) -> list[OutcomeT]:
        """One outcome for each item, in their order, durable.

        Raises Unavailable with the busy reason; the same items may then be handed in again.
        """
        if self._waiting_items + len(items) > MAX_WAITING:
            raise self._busy("too much is waiting")
        waiting: Waiting[ItemT, OutcomeT] = Waiting(items=items, outcomes=asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._waiting_items += len(items)
        if self._draining is None:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            self._draining = asyncio.get_running_loop().create_task(self._drain(), context=Context())
        return await waiting.outcomes

    async def _drain(self) -> None:
        """Works until nothing waits."""
        try:
            while self._waiting:
                if len(self._waiting) < self._crowd:
                    await asyncio.sleep(self._gather_seconds)
                taken = self._take()
                self._crowd = len(taken)
                await self._serve(taken)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._draining = None

    async def _serve(self, taken: Sequence[Waiting[ItemT, OutcomeT]]) -> None:
        try:
            outcomes = await self._do([item for waiting in taken for item in waiting.items])
        except Unavailable as error:
            for waiting in taken:
                _answer(waiting, error)
            return
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is the caller's answer
            if len(taken) == 1:
                _answer(taken[0], error)
                return
            # Who shares a transaction must not share the fault of another.
            for waiting in taken:
                await self._serve([waiting])
            return
        self._after(outcomes)
        start = 0
        for waiting in taken:
            _answer(waiting, outcomes[start : start + len(waiting.items)])
            start += len(waiting.items)

    def _take(self) -> list[Waiting[ItemT, OutcomeT]]:
        """The callers whose turn it is: as many as one transaction takes, and at least one."""
        taken: list[Waiting[ItemT, OutcomeT]] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].items) <= self._max_batch):
            taken.append(self._waiting.popleft())
            size += len(taken[-1].items)
        self._waiting_items -= size
        return taken

    async def _do(self, items: Sequence[ItemT]) -> list[OutcomeT]:
        attempt = 1
        while True:
            try:
                async with self._database.unit_of_work() as unit:
                    outcomes = await self._work(unit, items)
            except (Unavailable, *PASSING_ERRORS) as error:
                # A commit whose answer was lost may stand; then the repetition finds what it did.
                if attempt == MAX_ATTEMPTS:
                    raise self._busy("this could not be done now") from error
            else:
                return outcomes
            await asyncio.sleep(RETRY_DELAY_SECONDS * attempt)
            attempt += 1

    def _busy(self, what: str) -> Unavailable:
        return Unavailable(reason=self._busy_reason, detail=f"{what}; hand it in again later")


def _answer(waiting: Waiting[ItemT, OutcomeT], answer: list[OutcomeT] | Exception) -> None:
    # A caller whose deadline has passed is gone; what was done stands all the same, and a repetition finds it.
    if waiting.outcomes.done():
        return
    if isinstance(answer, Exception):
        waiting.outcomes.set_exception(answer)
    else:
        waiting.outcomes.set_result(answer)
