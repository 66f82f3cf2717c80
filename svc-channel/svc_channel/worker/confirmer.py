"""Has customers asked to confirm orders, and their yes told on; decides nothing about either."""

from typing import Final

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.ask_to_confirm import ask_to_confirm
from svc_channel.app.numbers import Numbers
from svc_channel.app.orders import Orders
from svc_channel.app.settle_answers import settle_answers
from svc_channel.store.conflicts import CONFLICTS

# How long somebody who said yes waits at most before it is told.
IDLE_SECONDS: Final = 0.5


class Confirmer:
    """Asks and tells for ever."""

    def __init__(self, *, database: Database, orders: Orders, numbers: Numbers, sender: str, clock: Clock) -> None:
        self._database = database
        self._orders = orders
        self._numbers = numbers
        self._sender = sender
        self._clock = clock

    async def run(self) -> None:
        """One step after the other, without a pause while there is more."""
        await Periodic(self.step, name="confirmations", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()

    async def step(self) -> bool:
        """What is due now; whether there was anything."""
        # Who said yes waits for nobody who is still to be asked, nor for the template that asks.
        settled = await settle_answers(
            self._database, self._orders, self._numbers, sender=self._sender, clock=self._clock
        )
        asked = await ask_to_confirm(
            self._database, self._orders, self._numbers, sender=self._sender, clock=self._clock
        )
        return bool(asked or settled)
