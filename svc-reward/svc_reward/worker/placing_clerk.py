"""Finds the cities of reported items whose source knows none (RWD-02); it asks outside of every transaction."""

import asyncio

from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_reward.app.place_items import place_items
from svc_reward.store.fulfilments import list_unplaced
from svc_reward.worker.subscribers import Subscribers

# Asked for together; few enough to leave svc-segment to others.
BATCH = 200
CONCURRENCY = 10
STEP_SECONDS = 1.0


class PlacingClerk:
    """The worker that gives items their city; several may run, each writes what it found where it is still open."""

    def __init__(self, database: Database, subscribers: Subscribers) -> None:
        self._database = database
        self._subscribers = subscribers

    async def run(self) -> None:
        """Looks for ever; an absent database or svc-segment is waited for."""
        await Periodic(self.step, name="cities of rewards", pause_seconds=STEP_SECONDS).run()

    async def step(self) -> int:
        """How many items it placed."""
        async with self._database.read() as unit:
            unplaced = await list_unplaced(unit, limit=BATCH)
        if not unplaced:
            return 0
        gate = asyncio.Semaphore(CONCURRENCY)

        async def ask(subscriber_id: int) -> str:
            async with gate:
                return await self._subscribers.city(subscriber_id)

        wanted = sorted({subscriber_id for _, subscriber_id in unplaced})
        found = dict(zip(wanted, await asyncio.gather(*map(ask, wanted)), strict=True))
        async with self._database.unit_of_work() as unit:
            await place_items(unit, {item_id: found[subscriber_id] for item_id, subscriber_id in unplaced})
        return len(unplaced)
