"""Ends what nobody ended in time: unpaid claims, old vouchers, groups that are too small; several may run, each takes what it finds."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.expire_vouchers import expire_due_vouchers
from svc_reward.app.release_lapsed_claims import MAX_RELEASES, release_lapsed_claims
from svc_reward.app.void_due_groups import void_due_groups
from svc_reward.store.contention import PASSING_ERRORS

# A piece that lapsed is back on sale within this; rare against the claims themselves.
STEP_SECONDS = 1.0


class Expiry:
    """Ends what is due, for ever."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """One step after the other; an absent database is waited for."""
        await Periodic(self.step, name="what is due", pause_seconds=STEP_SECONDS, passing=PASSING_ERRORS).run()

    async def step(self) -> None:
        """Everything that is due now, a batch a transaction."""
        released = MAX_RELEASES
        while released == MAX_RELEASES:
            async with self._database.unit_of_work() as unit:
                released = await release_lapsed_claims(unit, clock=self._clock)
        for end_due in (expire_due_vouchers, void_due_groups):
            due = 1
            while due:
                async with self._database.unit_of_work() as unit:
                    due = await end_due(unit, clock=self._clock)
