"""Goes through all messages once a while, has the ended ones kept by campaign, and drops campaigns whose time is over.

Any number of replicas may do so at once: each takes what no other holds.
"""

import logging
from datetime import timedelta

import anyio
import asyncpg

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.app.keep_ended_messages import keep_ended_messages
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.partitions import drop_aged

# Messages rest for an hour before they are moved, so minutes matter to nobody.
ROUND_SECONDS = 300.0
# Between pages, so that a round leaves most of the database to the senders and still moves more than they send.
PAGE_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Retention:
    """Keeps what ended for ``kept_for``, round after round; for ever for a time of none."""

    def __init__(self, *, database: Database, kept_for: timedelta, clock: Clock) -> None:
        self._database = database
        self._kept_for = kept_for
        self._clock = clock
        self._after = 0

    async def run(self) -> None:
        """One round after the other; a lock that is not to be had soon is waited for until the next."""
        passing = (*CONFLICTS, asyncpg.LockNotAvailableError)
        await Periodic(self.step, name="ended messages", pause_seconds=ROUND_SECONDS, passing=passing).run()

    async def step(self) -> bool:
        """One page, and after the last of them what is to be dropped; whether the round goes on."""
        async with self._database.unit_of_work() as unit:
            page = await keep_ended_messages(unit, after=self._after, now=self._clock.now())
        self._after = page.last or 0
        if page.last is not None:
            await anyio.sleep(PAGE_SECONDS)
            return True
        while self._kept_for and await self._drop():
            pass
        return False

    async def _drop(self) -> bool:
        """Drops one campaign; whether there was any."""
        async with self._database.unit_of_work() as unit:
            dropped = await drop_aged(unit, ended_before=self._clock.now() - self._kept_for)
        if dropped is not None:
            logger.info("the messages of campaign %s are dropped", dropped)
        return dropped is not None
