"""Has inbound messages resolved and told soon after they came; keeps none itself."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.numbers import Numbers
from svc_channel.app.resolve_inbound import resolve_inbound
from svc_channel.store.conflicts import CONFLICTS

# How long an inbound message waits at most before it is looked at.
IDLE_SECONDS = 0.2


class Resolver:
    """Resolves inbound messages for ever."""

    def __init__(self, *, database: Database, numbers: Numbers, clock: Clock) -> None:
        self._database = database
        self._numbers = numbers
        self._clock = clock

    async def run(self) -> None:
        """One look-up after the other, without a pause while there are more."""
        await Periodic(self.step, name="inbound messages", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """One look-up; whether there was anything."""
        return bool(await resolve_inbound(self._database, self._numbers, clock=self._clock))
