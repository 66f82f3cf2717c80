"""Prices events and locks lines as they come due, for ever; any number of replicas may do it side by side."""

from datetime import tzinfo

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.lock_lines import lock_lines
from svc_reward.app.price_events import price_events
from svc_reward.domain.commission_matrix import CommissionMatrix

# How long an affiliate waits at most to see a click priced (RWD-24), and a little query that often.
PRICING_SECONDS = 0.5
# Lines lock by the day; a minute later is early enough.
LOCKING_SECONDS = 60.0


class CommissionClerk:
    """The worker behind all commissions."""

    def __init__(self, database: Database, *, matrix: CommissionMatrix, clock: Clock, zone: tzinfo) -> None:
        self._database = database
        self._matrix = matrix
        self._clock = clock
        self._zone = zone

    async def price(self) -> None:
        """Prices for ever."""
        await Periodic(self.price_batch, name="pricing of commissions", pause_seconds=PRICING_SECONDS).run()

    async def lock(self) -> None:
        """Locks for ever."""
        await Periodic(self.lock_batch, name="locking of commissions", pause_seconds=LOCKING_SECONDS).run()

    async def price_batch(self) -> int:
        """One transaction; how many events it priced."""
        async with self._database.unit_of_work() as unit:
            return await price_events(unit, matrix=self._matrix, zone=self._zone)

    async def lock_batch(self) -> int:
        """One transaction; how many lines it locked."""
        async with self._database.unit_of_work() as unit:
            return await lock_lines(unit, clock=self._clock)
