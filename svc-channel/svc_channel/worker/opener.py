"""Brings activated and ended orders to a service platform, some side by side; decides nothing about them."""

import asyncio
from datetime import timedelta
from typing import Final

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.numbers import Numbers
from svc_channel.app.platforms import Platform
from svc_channel.app.tell_platform import tell_platform
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.openings import claim_openings

# Longer than a number, a query and an opening may take together, so nobody takes up what is being asked.
LEASE: Final = timedelta(seconds=60)
# Asked side by side; a platform is no match for a bulk sender.
ORDERS_A_STEP: Final = 10
IDLE_SECONDS: Final = 0.5


class Opener:
    """Tells for ever; any number of replicas may run."""

    def __init__(self, *, database: Database, platform: Platform, numbers: Numbers, clock: Clock) -> None:
        self._database = database
        self._platform = platform
        self._numbers = numbers
        self._clock = clock

    async def run(self) -> None:
        """One step after the other, without a pause while there is more.

        After a fault nothing of that answer stands; the order is due again after its lease, and begins with a query.
        """
        await Periodic(self.step, name="openings", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """What is due now; whether there was anything."""
        async with self._database.unit_of_work() as unit:
            tasks = await claim_openings(unit, now=self._clock.now(), lease=LEASE, limit=ORDERS_A_STEP)
        told = (tell_platform(self._database, self._platform, self._numbers, task, clock=self._clock) for task in tasks)
        outcomes = await asyncio.gather(*told, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return bool(tasks)
