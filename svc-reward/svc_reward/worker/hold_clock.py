"""Ends holds when their time is over; a capture refuses an overdue hold by itself, so nothing depends on its pace."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.time_out_holds import MAX_TIME_OUTS, time_out_holds
from svc_reward.store.contention import PASSING_ERRORS

# What a forgotten hold keeps comes back within this after its time.
STEP_SECONDS = 1.0


class HoldClock:
    """The worker that ends holds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Looks for ever; an absent database is waited for."""
        await Periodic(self.step, name="holds", pause_seconds=STEP_SECONDS, passing=PASSING_ERRORS).run()

    async def step(self) -> None:
        """Everything that is due now, a batch a transaction."""
        ended = MAX_TIME_OUTS
        while ended == MAX_TIME_OUTS:
            async with self._database.unit_of_work() as unit:
                ended = await time_out_holds(unit, clock=self._clock)
