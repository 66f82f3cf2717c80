"""Decides the attempts of concurrent callers in shared transactions; it must not answer before the commit."""

from collections.abc import Callable, Sequence
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.app.claim_pieces import MAX_BATCH, claim_pieces
from svc_reward.app.claim_tally import ClaimTally
from svc_reward.app.shared_work import SharedWork
from svc_reward.domain.claiming import Attempt, ClaimOutcome

# A crowd that is at the door comes faster than it is served: fewer and fuller transactions serve it sooner, and the
# bar of 100 ms bears the wait.
GATHER_SECONDS = 0.012


class ClaimQueue:
    """Where servicers hand in attempts on flash sales; one of these a process."""

    def __init__(self, database: Database, *, clock: Clock, ids: Callable[[], UUID], tally: ClaimTally) -> None:
        self._clock = clock
        # Ids are made only for those who get a piece; without end, since no id is None.
        self._ids = iter(ids, None)
        self._shared = SharedWork(
            database,
            self._decide,
            max_batch=MAX_BATCH,
            busy_reason="SALE_BUSY",
            after=tally.count,
            gather_seconds=GATHER_SECONDS,
        )

    async def claim(self, attempts: Sequence[Attempt]) -> list[ClaimOutcome]:
        """One outcome for each attempt, in their order, durable. Raises Unavailable SALE_BUSY or DATABASE_AWAY."""
        return await self._shared.hand_in(attempts)

    async def _decide(self, unit: UnitOfWork, attempts: Sequence[Attempt]) -> list[ClaimOutcome]:
        return await claim_pieces(unit, attempts, clock=self._clock, ids=self._ids)
