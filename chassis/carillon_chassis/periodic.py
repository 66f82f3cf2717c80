"""The loop of a worker that does one step again and again, for ever; it must not know what the step is.

A step that fails has left nothing behind, since its transaction was undone, and comes again.
"""

import logging
from collections.abc import Awaitable, Callable

import anyio
import asyncpg

from carillon_chassis.database import CONFLICTS
from carillon_chassis.errors import DomainError, Unavailable

# After a step that failed, at least this: a database or a peer that is away is not back sooner.
FAILED_SECONDS = 1.0
# What passes by itself: nobody has to look at it.
PASSING = (Unavailable, OSError, *CONFLICTS)

logger = logging.getLogger(__name__)


class Periodic:
    """Runs ``step`` again at once while it answers that there is more to do, and after ``pause_seconds`` otherwise.

    ``passing`` are further errors of the step that pass by themselves.
    """

    def __init__(
        self,
        step: Callable[[], Awaitable[object]],
        *,
        name: str,
        pause_seconds: float,
        passing: tuple[type[Exception], ...] = (),
    ) -> None:
        self._step = step
        self._name = name
        self._pause_seconds = pause_seconds
        self._passing: tuple[type[Exception], ...] = (*PASSING, *passing)

    async def run(self) -> None:
        """Works for ever; ends only by a fault of the program, which ends the process."""
        while True:
            pause = await self._once()
            if pause:
                await anyio.sleep(pause)

    async def _once(self) -> float:
        """One step; how long to wait for the next."""
        try:
            return 0.0 if await self._step() else self._pause_seconds
        except self._passing as error:
            logger.info("%s waits: %s", self._name, error)
        except (DomainError, asyncpg.PostgresError):
            # Tried again all the same, and loudly: an operator has to see it.
            logger.exception("%s failed and comes again", self._name)
        return max(self._pause_seconds, FAILED_SECONDS)
