"""Books the transfers of concurrent callers in shared transactions; it must not answer before the commit.

A commit costs the same for one transfer as for a thousand, and an account that everybody pays from is locked once
a batch instead of once a transfer. A caller who is alone waits for nobody; replicas of the service work side by side.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.app.tally import Tally
from svc_reward.domain.posting import Outcome
from svc_reward.domain.transfer import Transfer
from svc_reward.store.contention import PASSING_ERRORS

Batch = Sequence[Transfer | Outcome]

# Callers who were answered together come back together: waiting this long for them halves the transactions.
GATHER_SECONDS = 0.002
# A ring of locks or a lost connection hardly ever comes twice in a row.
MAX_ATTEMPTS = 5
RETRY_DELAY_SECONDS = 0.05
# Beyond this the callers' deadlines would pass before their turn; they are told to come back.
MAX_WAITING = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A caller's batch and where its outcomes go."""

    batch: Batch
    outcomes: asyncio.Future[list[Outcome]]


class TransferQueue:
    """Where servicers hand in transfers; one of these a process."""

    def __init__(self, database: Database, *, clock: Clock, tally: Tally) -> None:
        self._database = database
        self._clock = clock
        self._tally = tally
        self._waiting: deque[Waiting] = deque()
        self._waiting_transfers = 0
        self._crowd = 1
        self._draining: asyncio.Task[None] | None = None

    async def post(self, batch: Batch) -> list[Outcome]:
        """One outcome for each of the batch, in its order, durably booked.

        Raises Unavailable LEDGER_BUSY or DATABASE_AWAY; the same batch may then be handed in again.
        """
        if self._waiting_transfers + len(batch) > MAX_WAITING:
            raise Unavailable(reason="LEDGER_BUSY", detail="too many transfers are waiting; hand this in again later")
        waiting = Waiting(batch=batch, outcomes=asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._waiting_transfers += len(batch)
        if self._draining is None:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            self._draining = asyncio.get_running_loop().create_task(self._drain(), context=Context())
        return await waiting.outcomes

    async def _drain(self) -> None:
        """Books what waits until nothing waits."""
        try:
            while self._waiting:
                if len(self._waiting) < self._crowd:
                    await asyncio.sleep(GATHER_SECONDS)
                taken = self._take()
                self._crowd = len(taken)
                await self._serve(taken)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._draining = None

    async def _serve(self, taken: Sequence[Waiting]) -> None:
        try:
            outcomes = await self._book([item for waiting in taken for item in waiting.batch])
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
        self._tally.count(outcomes)
        start = 0
        for waiting in taken:
            _answer(waiting, outcomes[start : start + len(waiting.batch)])
            start += len(waiting.batch)

    def _take(self) -> list[Waiting]:
        """The callers whose turn it is: as many as one transaction takes, and at least one."""
        taken: list[Waiting] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].batch) <= MAX_BATCH):
            taken.append(self._waiting.popleft())
            size += len(taken[-1].batch)
        self._waiting_transfers -= size
        return taken

    async def _book(self, batch: Batch) -> list[Outcome]:
        attempt = 1
        while True:
            try:
                async with self._database.unit_of_work() as unit:
                    outcomes = await post_transfers(unit, batch, clock=self._clock)
            except (Unavailable, *PASSING_ERRORS) as error:
                # A commit whose answer was lost may stand; then the repetition answers REPLAYED.
                if attempt == MAX_ATTEMPTS:
                    detail = "the ledger could not book this now; hand it in again"
                    raise Unavailable(reason="LEDGER_BUSY", detail=detail) from error
            else:
                return outcomes
            await asyncio.sleep(RETRY_DELAY_SECONDS * attempt)
            attempt += 1


def _answer(waiting: Waiting, answer: list[Outcome] | Exception) -> None:
    # A caller whose deadline has passed is gone; its transfers stand all the same, and a repetition finds them.
    if waiting.outcomes.done():
        return
    if isinstance(answer, Exception):
        waiting.outcomes.set_exception(answer)
    else:
        waiting.outcomes.set_result(answer)
