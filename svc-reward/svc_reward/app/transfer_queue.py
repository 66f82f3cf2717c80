"""Books the transfers of concurrent callers in shared transactions; it must not answer before the commit."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.app.shared_work import SharedWork
from svc_reward.app.tally import Tally
from svc_reward.domain.posting import Outcome
from svc_reward.domain.transfer import Transfer

Batch = Sequence[Transfer | Outcome]


class TransferQueue:
    """Where servicers hand in transfers; one of these a process."""

    def __init__(self, database: Database, *, clock: Clock, tally: Tally) -> None:
        self._clock = clock
        self._shared = SharedWork(
            database, self._book, max_batch=MAX_BATCH, busy_reason="LEDGER_BUSY", after=tally.count
        )

    async def post(self, batch: Batch) -> list[Outcome]:
        """One outcome for each of the batch, in its order, durably booked.

        Raises Unavailable LEDGER_BUSY or DATABASE_AWAY; the same batch may then be handed in again.
        """
        return await self._shared.hand_in(batch)

    async def _book(self, unit: UnitOfWork, batch: Batch) -> list[Outcome]:
        return await post_transfers(unit, batch, clock=self._clock)
