"""Looks for answers that robots gave before, as many a look as are asked for at once; keeps none."""

import asyncio
from collections.abc import Mapping
from contextvars import Context

from carillon_chassis.database import Database
from svc_channel.store.interactions import KeptReply, Place, fetch_replies


class KeptReplies:
    """Who asks while a look is under way goes with the next one: a read costs the same for one as for a hundred.

    Not more than the messages that are being answered, so it needs no bound of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: dict[Place, asyncio.Future[KeptReply | None]] = {}
        self._looker: asyncio.Task[None] | None = None

    async def find(self, place: Place) -> KeptReply | None:
        """The answer that was given first; None where there is none. Raises Unavailable while the database is away."""
        found = self._asked.setdefault(place, asyncio.get_running_loop().create_future())
        if self._looker is None:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            self._looker = asyncio.get_running_loop().create_task(self._work(), context=Context())
        # Who hangs up must not take the answer from others who ask for the same.
        return await asyncio.shield(found)

    async def close(self) -> None:
        """Ends what is under way; whoever waits is told that it was."""
        if self._looker is not None:
            self._looker.cancel()
            await asyncio.gather(self._looker, return_exceptions=True)
        for found in self._asked.values():
            found.cancel()

    async def _work(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._look(asked)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._looker = None

    async def _look(self, asked: Mapping[Place, "asyncio.Future[KeptReply | None]"]) -> None:
        try:
            async with self._database.read() as unit:
                kept = await fetch_replies(unit, list(asked))
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for found in asked.values():
                if not found.done():
                    found.set_exception(error)
            return
        for place, found in asked.items():
            if not found.done():
                found.set_result(kept.get(place))
