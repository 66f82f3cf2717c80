"""The hotline's workers: places calls and sends what is owed after calls; keeps none itself."""

from typing import Final

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.numbers import Numbers
from svc_channel.app.out_calls import OutCalls
from svc_channel.app.place_calls import place_calls
from svc_channel.app.send_after_calls import send_after_calls
from svc_channel.store.conflicts import CONFLICTS

# How long somebody who asked for a tone, or hung up, waits at most before anything happens.
IDLE_SECONDS: Final = 0.5


class OutCaller:
    """Places calls for ever."""

    def __init__(self, *, database: Database, calls: OutCalls, clock: Clock) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock

    async def run(self) -> None:
        """One step after the other, without a pause while there is more."""
        await Periodic(self.step, name="out-calls", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """What is due now; whether there was anything."""
        return bool(await place_calls(self._database, self._calls, clock=self._clock))


class AfterCalls:
    """Sends SMS after calls for ever."""

    def __init__(self, *, database: Database, numbers: Numbers, clock: Clock) -> None:
        self._database = database
        self._numbers = numbers
        self._clock = clock

    async def run(self) -> None:
        """One step after the other, without a pause while there is more."""
        await Periodic(self.step, name="SMS after calls", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """What is owed now; whether there was anything."""
        return bool(await send_after_calls(self._database, self._numbers, clock=self._clock))
