"""Goes through all messages once a while and has the old ones dropped; one replica's round does no harm to another's."""

from datetime import timedelta

import anyio

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.drop_old_messages import drop_old_messages
from svc_channel.store.conflicts import CONFLICTS

# A round a day would do; more often only spreads the work.
ROUND_SECONDS = 3_600.0
# Between pages, so that a round takes no more than a few per cent of the database.
PAGE_SECONDS = 0.5


class Retention:
    """Drops what is older than ``kept_for``, round after round; keeps everything for a time of none."""

    def __init__(self, *, database: Database, kept_for: timedelta, clock: Clock) -> None:
        self._database = database
        self._kept_for = kept_for
        self._clock = clock
        self._after = 0

    async def run(self) -> None:
        """One round after the other."""
        await Periodic(self.step, name="old messages", pause_seconds=ROUND_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """One page; whether the round goes on."""
        if not self._kept_for:
            return False
        async with self._database.unit_of_work() as unit:
            page = await drop_old_messages(unit, after=self._after, kept_for=self._kept_for, now=self._clock.now())
        if page.last is None:
            self._after = 0
            return False
        self._after = page.last
        await anyio.sleep(PAGE_SECONDS)
        return True
