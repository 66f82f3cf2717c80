"""Writes audit entries in batches beside the requests; it must not make a request wait, nor lose one silently.

What a crash can lose: entries noted in the last flush interval (a quarter of a second) that had not been written.
An orderly stop writes them all. The services' own idempotency tables still name the caller of each change.
"""

import asyncio
import logging

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from carillon_gateway.audit.chain import Entry
from carillon_gateway.audit.store import append_entries

# One commit every quarter of a second costs next to nothing and bounds what a crash can lose.
FLUSH_INTERVAL_SECONDS = 0.25
# While the database is away entries wait here; past it changing calls are refused rather than left unrecorded.
WAITING_LIMIT = 50_000
# Calls that were under way when the limit was reached still have room.
UNDER_WAY_LIMIT = 10_000
# A batch this long still fits one COPY of a few megabytes.
BATCH_LIMIT = 5_000
# While the database is away it is asked again this often.
RETRY_SECONDS = 1.0
# At the stop the last entries get this long; then their number is logged as lost.
CLOSE_TIMEOUT_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Trail:
    """The audit log as the requests see it: ``note`` and go on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Entry] = []
        self._stopping = asyncio.Event()
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Entries noted and not yet written."""
        return len(self._waiting)

    @property
    def database(self) -> Database:
        """Where the entries are."""
        return self._database

    def require_room(self) -> None:
        """Raises Unavailable AUDIT_FULL when no further change could be recorded."""
        if len(self._waiting) >= WAITING_LIMIT:
            raise Unavailable(
                reason="AUDIT_FULL", detail="the audit log can't be written just now, so nothing may change; try again"
            )

    def note(self, entry: Entry) -> None:
        """Takes an entry; it is durable within the flush interval while the database answers.

        Past every limit it goes to the log instead: memory is bounded, and nothing is lost in silence.
        """
        if len(self._waiting) < WAITING_LIMIT + UNDER_WAY_LIMIT:
            self._waiting.append(entry)
        else:
            logger.critical("an audit entry found no room: %s", entry)

    async def run(self) -> None:
        """Writes until ``close``; a database that is away is asked again and again."""
        while not self._stopping.is_set():
            pause = FLUSH_INTERVAL_SECONDS
            try:
                await self.flush()
            except Unavailable as error:
                logger.warning("%d audit entries wait for the database: %s", len(self._waiting), error.detail)
                pause = RETRY_SECONDS
            try:
                await asyncio.wait_for(self._stopping.wait(), timeout=pause)
            except TimeoutError:
                continue

    async def flush(self) -> None:
        """Writes what waits, in order, a batch a transaction. Raises Unavailable; nothing is dropped then."""
        async with self._writing:
            while self._waiting:
                batch = self._waiting[:BATCH_LIMIT]
                async with self._database.unit_of_work() as unit:
                    await append_entries(unit, batch)
                del self._waiting[: len(batch)]

    async def close(self) -> None:
        """Stops ``run`` and writes the last entries; logs how many could not be written."""
        self._stopping.set()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self.flush()
        except (Unavailable, TimeoutError):
            logger.critical("%d audit entries are lost: the database did not take them at the stop", len(self._waiting))
