"""Gives the default to those who did not choose in time, and rewards growth; several may run, each takes what it finds."""

from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.choose_reward import MAX_LAPSES, lapse_choices
from svc_reward.app.reward_growth import reward_growth
from svc_reward.app.reward_means import RewardMeans
from svc_reward.store.contention import PASSING_ERRORS

# Deadlines are days; nobody waits for the second in which one passes.
STEP_SECONDS = 10.0


class ChoiceClock:
    """Ends choices and periods, for ever."""

    def __init__(self, database: Database, means: RewardMeans) -> None:
        self._database = database
        self._means = means

    async def run(self) -> None:
        """One step after the other; an absent database is waited for."""
        await Periodic(self.step, name="choices and periods", pause_seconds=STEP_SECONDS, passing=PASSING_ERRORS).run()

    async def step(self) -> None:
        """Everything that is due now, a batch a transaction."""
        ended = MAX_LAPSES
        while ended == MAX_LAPSES:
            async with self._database.unit_of_work() as unit:
                ended = await lapse_choices(unit, means=self._means)
        going = True
        while going:
            async with self._database.unit_of_work() as unit:
                going = await reward_growth(unit, means=self._means)
