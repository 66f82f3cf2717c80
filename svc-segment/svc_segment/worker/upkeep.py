"""Does one piece of upkeep again and again, for ever; it must not know what."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from carillon_chassis.errors import DomainError

logger = logging.getLogger(__name__)


class Upkeep:
    """A worker that goes on at once while there is more to do, and pauses otherwise."""

    def __init__(self, work: Callable[[], Awaitable[int]], *, name: str, pause_seconds: float) -> None:
        self._work = work
        self._name = name
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Works for ever; what did not go well comes again after the pause."""
        while True:
            try:
                while await self._work():
                    pass
            except (DomainError, OSError) as error:
                logger.warning("%s comes again: %s", self._name, error)
            await asyncio.sleep(self._pause_seconds)
