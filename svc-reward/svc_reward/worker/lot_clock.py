"""Takes back points when their time is over; it must not depend on when it last ran."""

import asyncio
import logging

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.expire_lots import BEGINNING, Place, expire_lots
from svc_reward.store.contention import PASSING_ERRORS

# Ends are at midnights and after whole days: a minute late is nothing.
STEP_SECONDS = 60.0

logger = logging.getLogger(__name__)


class LotClock:
    """The worker that lets points expire."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Looks for ever; an absent database is waited for."""
        while True:
            try:
                await self.step()
            except (Unavailable, *PASSING_ERRORS) as error:
                logger.warning("points that expire wait for the database: %s", error)
            await asyncio.sleep(STEP_SECONDS)

    async def step(self) -> None:
        """Everything that is due now, a batch a transaction."""
        place: Place | None = BEGINNING
        while place is not None:
            async with self._database.unit_of_work() as unit:
                place = await expire_lots(unit, clock=self._clock, after=place)
