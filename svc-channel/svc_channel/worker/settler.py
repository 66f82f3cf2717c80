"""Looks after what waits: doubts, fresh orphans and parts of long inbound messages; needs no link to do so."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.app.doubt_dead_senders import doubt_dead_senders
from svc_channel.app.join_inbound import join_inbound
from svc_channel.app.rematch_orphans import rematch_orphans
from svc_channel.app.settle_doubts import PAGE_ROWS, settle_doubts
from svc_channel.domain.doubt import DoubtRules
from svc_channel.store.claims import count_due
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.doubts import purge_orphans
from svc_channel.worker.instruments import Instruments

# Short against the grace time, rare against the flushes.
STEP_SECONDS = 0.5
# A receipt that nobody claimed for a day belongs to nothing we sent.
ORPHAN_LIFE = timedelta(days=1)
# Old orphans and the length of the queue are looked at once in so many steps; both cost more than a step should.
STEPS_A_ROUND = 10
# Counting stops here: an operator who sees this many knows enough.
QUEUE_COUNT_LIMIT = 100_000

logger = logging.getLogger(__name__)


class Settler:
    """Settles doubts for ever; several may run, each takes what it finds."""

    def __init__(
        self,
        *,
        database: Database,
        owner: UUID,
        listening_since: Callable[[], Mapping[str, datetime]],
        rules: DoubtRules,
        instruments: Instruments,
        clock: Clock,
    ) -> None:
        self._database = database
        self._owner = owner
        self._listening_since = listening_since
        self._rules = rules
        self._instruments = instruments
        self._clock = clock

    async def run(self) -> None:
        """One step after the other; an absent database is waited for."""
        for step in count():
            try:
                await self.step()
                if step % STEPS_A_ROUND == 0:
                    await self.keep_house()
            except (Unavailable, *CONFLICTS) as error:
                logger.warning("doubts wait for the database: %s", error)
            await asyncio.sleep(STEP_SECONDS)

    async def step(self) -> None:
        """Doubts what the dead left, and settles everyone in doubt once."""
        now = self._clock.now()
        async with self._database.unit_of_work() as unit:
            doubted = await doubt_dead_senders(unit, owner=self._owner, now=now)
        if doubted:
            logger.warning("%d messages were claimed by a sender that is gone", doubted)
        offset, is_full = 0, True
        while is_full:
            async with self._database.unit_of_work() as unit:
                page = await settle_doubts(
                    unit,
                    now=now,
                    listening_since=self._listening_since(),
                    rules=self._rules,
                    offset=offset,
                )
            self._instruments.count_resent(page.resent)
            offset, is_full = offset + page.waiting, page.seen >= PAGE_ROWS

    async def keep_house(self) -> None:
        """Looks once more at what two transactions may have missed, forgets old orphans, and measures the queue."""
        async with self._database.unit_of_work() as unit:
            await rematch_orphans(unit, now=self._clock.now())
        async with self._database.unit_of_work() as unit:
            await join_inbound(unit, now=self._clock.now())
        async with self._database.unit_of_work() as unit:
            await purge_orphans(unit, before=self._clock.now() - ORPHAN_LIFE)
            self._instruments.queued = await count_due(unit, limit=QUEUE_COUNT_LIMIT)
