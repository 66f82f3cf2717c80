"""Hands the app stores' events on to svc-segment, in order and each batch once; keeps none itself."""

import logging
from collections.abc import Callable
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.adapters.segment_events import SegmentEvents
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.market_events import end_batch, fetch_batch, name_batch

# Half of what svc-segment takes in one call.
BATCH_EVENTS = 500
# How soon an event is told after it was kept, at the latest while both are up.
IDLE_SECONDS = 0.2

logger = logging.getLogger(__name__)


class MarketTeller:
    """One batch after another."""

    def __init__(self, *, database: Database, events: SegmentEvents, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._new_id = new_id

    async def run(self) -> None:
        """One batch after the other, without a pause while there are more; waits while nobody is there to be told."""
        await Periodic(
            self.tell_batch, name="events of app stores", pause_seconds=IDLE_SECONDS, passing=CONFLICTS
        ).run()

    async def tell_batch(self) -> int:
        """Names a batch, tells it, and marks it: a kill between any two tells it again under the same name."""
        async with self._database.unit_of_work() as unit:
            batch = await name_batch(unit, self._new_id(), limit=BATCH_EVENTS)
        async with self._database.read() as unit:
            events = await fetch_batch(unit, batch)
        if not events:
            return 0
        accepted = await self._events.record(f"market:{batch}", events)
        if accepted < len(events):
            # Numbers that no snapshot brought; the gateway's callers are told so, a store's callback was not asked.
            logger.info("%d of %d events of app stores are of nobody we know", len(events) - accepted, len(events))
        async with self._database.unit_of_work() as unit:
            await end_batch(unit, batch, now=self._clock.now())
        return len(events)
