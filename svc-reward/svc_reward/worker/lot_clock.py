"""Takes back points when their time is over; it must not depend on when it last ran."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.expire_lots import BEGINNING, Place, expire_lots
from svc_reward.store.contention import PASSING_ERRORS

# Ends are at midnights and after whole days: a minute late is nothing.
STEP_SECONDS = 60.0


class LotClock:
    """The worker that lets points expire."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Looks for ever; an absent database is waited for."""
        await Periodic(self.step, name="points that expire", pause_seconds=STEP_SECONDS, passing=PASSING_ERRORS).run()

    async def step(self) -> None:
        """Everything that is due now, a batch a transaction."""
        place: Place | None = BEGINNING
        while place is not None:
            async with self._database.unit_of_work() as unit:
                place = await expire_lots(unit, clock=self._clock, after=place)
