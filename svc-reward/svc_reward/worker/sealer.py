"""Keeps the chain close behind the bookings; it must not seal anything twice, whatever runs beside it."""

import asyncio
import logging

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.seal_transfers import SEAL_BATCH, seal_transfers

# A transfer is changed unseen for this long at most; an idle ledger is looked at as often.
REST_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Sealer:
    """The worker that seals; of several replicas the one that holds the head works, the others wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Seals for ever."""
        while True:
            try:
                async with self._database.unit_of_work() as unit:
                    sealed = await seal_transfers(unit)
            except Unavailable as error:
                logger.info("sealing waits: %s", error)
                sealed = 0
            if sealed < SEAL_BATCH:
                await asyncio.sleep(REST_SECONDS)
