"""Takes what a sender puts on the wire, claim by claim, out of the queue of its classes; sends nothing itself."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.app.claim_batch import claim_batch
from svc_channel.store.barred import find_barred
from svc_channel.store.claims import ClaimedMessage, Wanted
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.ownership import Ownership
from svc_channel.store.parts import recount_parts
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.wire import OpenClaim

# How long the database is left alone after it went away.
AWAY_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Feed:
    """One queue of one sender. A feed is asked by one task at a time: it undoes what it isn't sure of."""

    def __init__(
        self,
        *,
        database: Database,
        ownership: Ownership,
        wanted: Wanted,
        clock: Clock,
        new_id: Callable[[], UUID],
        instruments: Instruments,
    ) -> None:
        self._database = database
        self._ownership = ownership
        self._wanted = wanted
        self._clock = clock
        self._new_id = new_id
        self._instruments = instruments
        self._unsure: list[UUID] = []

    async def take(self) -> tuple[OpenClaim, Sequence[ClaimedMessage]]:
        """The next due messages. A claim whose commit got lost on the way is undone before the next one."""
        claim = OpenClaim(id=self._new_id(), claimed_at=self._clock.now(), open_messages=0)
        unsure, self._unsure = self._unsure, [*self._unsure, claim.id]
        try:
            await self._ownership.hold()
            async with self._database.unit_of_work() as unit:
                claimed = await claim_batch(
                    unit,
                    self._wanted,
                    claim_id=claim.id,
                    owner=self._ownership.owner,
                    unsure=unsure,
                    now=claim.claimed_at,
                )
        except (Unavailable, *CONFLICTS) as error:
            logger.warning("no messages claimed: %s", error)
            await asyncio.sleep(AWAY_SECONDS)
            return claim, []
        self._unsure = []
        claim.open_messages = len(claimed.messages)
        self._instruments.count_blocked(claimed.blocked)
        return claim, claimed.messages

    async def recount(self, totals: Mapping[int, int]) -> None:
        """Books in how many parts claimed messages go over this line, by message id; returns when that is durable.

        To be called before the first of them is on the wire: what a kill leaves in doubt is proved by the receipts of
        all its parts, not of as many as another line would have cut.
        """
        while totals:
            try:
                async with self._database.unit_of_work() as unit:
                    await recount_parts(unit, totals, line=self._wanted.line)
            except (Unavailable, *CONFLICTS) as error:
                logger.warning("parts were not recounted: %s", error)
                await asyncio.sleep(AWAY_SECONDS)
            else:
                return

    async def barred(self, message_ids: Sequence[int]) -> dict[int, str] | None:
        """Of claimed messages those that may go no more, or not now, with the reason; None while the database is away.

        Then nobody opts out either: the line that takes an opt-out books it in the same database.
        """
        try:
            async with self._database.read() as unit:
                return await find_barred(unit, message_ids, now=self._clock.now())
        except (Unavailable, *CONFLICTS) as error:
            logger.warning("claimed messages were not judged again: %s", error)
            return None
