"""Rolls events into files every few seconds, for ever; it must not know how."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from carillon_chassis.errors import Unavailable

# Seconds between two looks: at the highest rate half a file comes meanwhile.
PAUSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class EventRolling:
    """The worker that empties the table of events."""

    def __init__(self, roll: Callable[[], Awaitable[int]], *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._roll = roll
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Goes on at once while there is more, and tries again later what did not work."""
        while True:
            try:
                while await self._roll():
                    pass
            except (Unavailable, OSError) as error:
                logger.warning("events were not moved into files; they come again: %s", error)
            await asyncio.sleep(self._pause_seconds)
