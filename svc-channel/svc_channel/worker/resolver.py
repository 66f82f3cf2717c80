"""Has inbound messages resolved and told soon after they came; keeps none itself."""

import asyncio
import logging

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.app.numbers import Numbers
from svc_channel.app.resolve_inbound import resolve_inbound
from svc_channel.store.conflicts import CONFLICTS

# How long an inbound message waits at most before it is looked at, and a peer that is away before it is asked again.
IDLE_SECONDS = 0.2
AWAY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Resolver:
    """Resolves inbound messages for ever."""

    def __init__(self, *, database: Database, numbers: Numbers, clock: Clock) -> None:
        self._database = database
        self._numbers = numbers
        self._clock = clock

    async def run(self) -> None:
        """One look-up after the other, without a pause while there are more."""
        while True:
            try:
                if not await resolve_inbound(self._database, self._numbers, clock=self._clock):
                    await asyncio.sleep(IDLE_SECONDS)
            except (Unavailable, *CONFLICTS) as error:
                logger.warning("inbound messages wait: %s", error)
                await asyncio.sleep(AWAY_SECONDS)
