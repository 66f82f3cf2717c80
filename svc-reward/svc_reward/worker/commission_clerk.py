"""Prices events and locks lines as they come due, for ever; any number of replicas may do it side by side."""

import logging
from collections.abc import Awaitable, Callable
from datetime import tzinfo

import anyio
import asyncpg

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, Unavailable
from svc_reward.app.lock_lines import lock_lines
from svc_reward.app.price_events import price_events
from svc_reward.domain.commission_matrix import CommissionMatrix

# How long an affiliate waits at most to see a click priced (RWD-24), and a little query that often.
PRICING_SECONDS = 0.5
# Lines lock by the day; a minute later is early enough.
LOCKING_SECONDS = 60.0
AWAY_SECONDS = 2.0

Batch = Callable[[], Awaitable[int]]

logger = logging.getLogger(__name__)


class CommissionClerk:
    """The worker behind all commissions."""

    def __init__(self, database: Database, *, matrix: CommissionMatrix, clock: Clock, zone: tzinfo) -> None:
        self._database = database
        self._matrix = matrix
        self._clock = clock
        self._zone = zone

    async def price(self) -> None:
        """Prices for ever."""
        while True:
            if not await self._once(self.price_batch):
                await anyio.sleep(PRICING_SECONDS)

    async def lock(self) -> None:
        """Locks for ever."""
        while True:
            if not await self._once(self.lock_batch):
                await anyio.sleep(LOCKING_SECONDS)

    async def price_batch(self) -> int:
        """One transaction; how many events it priced."""
        async with self._database.unit_of_work() as unit:
            return await price_events(unit, matrix=self._matrix, zone=self._zone)

    async def lock_batch(self) -> int:
        """One transaction; how many lines it locked."""
        async with self._database.unit_of_work() as unit:
            return await lock_lines(unit, clock=self._clock)

    async def _once(self, batch: Batch) -> int:
        try:
            return await batch()
        except Unavailable as error:
            logger.info("commissions wait: %s", error)
        except (DomainError, asyncpg.PostgresError):
            # Nothing of the batch stands; the next round does it again, and an operator sees why it has to.
            logger.exception("commissions could not be booked")
        await anyio.sleep(AWAY_SECONDS)
        return 0
