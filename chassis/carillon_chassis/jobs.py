"""Jobs and schedules on PgQueuer: low-volume control flow that survives the process; never a job a subscriber.

A job runs at least once: one whose process died is taken up again, so a handler must be repeatable.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
from pgqueuer.core.qm import QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from carillon_chassis.database import UnitOfWork, driver_url
from carillon_chassis.errors import DomainError, Unavailable

JobHandler = Callable[[bytes], Awaitable[None]]

# A dead process's jobs are taken up after this; the living beat twice in it.
HEARTBEAT = timedelta(seconds=4)
# Looks for due jobs at least this often, beside being told of new ones.
POLL = timedelta(seconds=1)
# Bytes over this belong in a table or a file that the payload names.
PAYLOAD_LIMIT_BYTES = 64 * 1024
LONGEST_RETRY_SECONDS = 30
STOP_TIMEOUT_SECONDS = 5.0

logger = logging.getLogger(__name__)


async def enqueue(
    unit: UnitOfWork, job: str, payload: bytes, *, key: str | None = None, after: timedelta | None = None
) -> None:
    """Books a job in the transaction of the change that wants it; with ``key`` it stands in the queue once."""
    if len(payload) > PAYLOAD_LIMIT_BYTES:
        raise ValueError(f"a job's payload is at most {PAYLOAD_LIMIT_BYTES} bytes, not {len(payload)}")
    queries = Queries(AsyncpgDriver(unit.driver))
    if key is None:
        await queries.enqueue(job, payload, execute_after=after)
    else:
        await queries.enqueue([job], [payload], [0], execute_after=[after], dedupe_key=[key], on_conflict="skip")


class Jobs:
    """Runs the jobs of one service's database, each kind by its handler."""

    def __init__(self, database_url: str, handlers: Mapping[str, JobHandler]) -> None:
        self._url = driver_url(database_url)
        self._handlers = dict(handlers)

    async def run(self) -> None:
        """Works for ever; comes back when the database was away. Cancelling hands running jobs back to the queue."""
        while True:
            try:
                await self._work()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RuntimeError) as error:
                logger.warning("jobs wait for the database: %s", error)
                await asyncio.sleep(1)

    async def _work(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            manager = QueueManager(Queries(AsyncpgDriver(connection)))
            running: set[asyncio.Task[None]] = set()
            for name, handler in self._handlers.items():
                manager.entrypoint(name, on_failure="hold")(_wrapped(handler, running))
            working = asyncio.create_task(manager.run(dequeue_timeout=POLL, heartbeat_timeout=HEARTBEAT))
            try:
                await asyncio.shield(working)
            except asyncio.CancelledError:
                manager.shutdown.set()
                for task in running:
                    task.cancel()
                await asyncio.wait([working], timeout=STOP_TIMEOUT_SECONDS)
                raise
            finally:
                working.cancel()
        finally:
            connection.terminate()


def _wrapped(handler: JobHandler, running: set[asyncio.Task[None]]) -> Callable[[Job], Awaitable[None]]:
    async def execute(job: Job) -> None:
        task = asyncio.ensure_future(handler(job.payload or b""))
        running.add(task)
        try:
            await asyncio.wait([task])
        finally:
            running.discard(task)
        delay = timedelta(seconds=min(2**job.attempts, LONGEST_RETRY_SECONDS))
        if task.cancelled():
            raise RetryRequested(delay=timedelta(0), reason="the process stops")
        error = task.exception()
        if error is None:
            return
        if isinstance(error, DomainError) and not isinstance(error, Unavailable):
            # Refused for good: held in the queue with its reason, for an operator to look at.
            raise error
        logger.warning("job %s %s comes again in %s: %r", job.entrypoint, job.id, delay, error)
        raise RetryRequested(delay=delay, reason=repr(error)) from error

    return execute
