"""Gives the default to those who did not choose in time, and rewards growth; several may run, each takes what it finds."""

import asyncio
import logging

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.choose_reward import MAX_LAPSES, lapse_choices
from svc_reward.app.reward_growth import reward_growth
from svc_reward.app.reward_means import RewardMeans
from svc_reward.store.contention import PASSING_ERRORS

# Deadlines are days; nobody waits for the second in which one passes.
STEP_SECONDS = 10.0

logger = logging.getLogger(__name__)


class ChoiceClock:
    """Ends choices and periods, for ever."""

    def __init__(self, database: Database, means: RewardMeans) -> None:
        self._database = database
        self._means = means

    async def run(self) -> None:
        """One step after the other; an absent database is waited for."""
        while True:
            try:
                await self.step()
            except (Unavailable, *PASSING_ERRORS) as error:
                logger.warning("choices and periods that are over wait for the database: %s", error)
            await asyncio.sleep(STEP_SECONDS)

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
