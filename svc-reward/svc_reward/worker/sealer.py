"""Keeps the chain close behind the bookings; it must not seal anything twice, whatever runs beside it."""

from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.seal_transfers import SEAL_BATCH, seal_transfers

# A transfer is changed unseen for this long at most; an idle ledger is looked at as often.
REST_SECONDS = 1.0


class Sealer:
    """The worker that seals; of several replicas the one that holds the head works, the others wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Seals for ever."""
        await Periodic(self.step, name="sealing", pause_seconds=REST_SECONDS).run()

    async def step(self) -> bool:
        """One batch; whether there may be more."""
        async with self._database.unit_of_work() as unit:
            return await seal_transfers(unit) == SEAL_BATCH
