"""The advisory lock by which a sender shows that it lives; needs a session of its own, so no transaction pooler.

PostgreSQL frees the lock when the session ends, however it ends: a killed sender is known to be dead within
milliseconds, with no clock and no lease to renew.
"""

import asyncio
from uuid import UUID

import asyncpg

from carillon_chassis.database import AWAY
from carillon_chassis.errors import Unavailable

LOCK = "SELECT pg_advisory_lock($1)"

# Held by every sender of this database as long as it lives, so that they can be counted; any number that is ours alone.
SENDING = 0x5E4D_0001
LOCK_SENDING = "SELECT pg_advisory_lock_shared($1)"
COUNT_SENDERS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND classid = 0 AND objid = $1 AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

# A server that does not answer in this time is away; trying again costs nothing.
CONNECT_TIMEOUT_SECONDS = 5


def lock_key(owner: UUID) -> int:
    """The 64-bit key of a sender: the random end of its uuid."""
    return int.from_bytes(owner.bytes[8:], "big", signed=True)


class Ownership:
    """Holds one sender's lock; take it again when the session was lost, for then others may think the sender dead."""

    def __init__(self, database_url: str, *, owner: UUID) -> None:
        self.owner = owner
        self._database_url = database_url
        self._session: asyncpg.Connection[asyncpg.Record] | None = None
        # Two sessions of one sender would wait for each other's lock.
        self._taking = asyncio.Lock()

    async def hold(self) -> None:
        """Returns while the lock is held, taking it first where it is not. Raises Unavailable (DATABASE_AWAY)."""
        async with self._taking:
            if self._session is None or self._session.is_closed():
                await self._take()

    async def count_senders(self) -> int:
        """How many senders there are, this one among them. Raises Unavailable (DATABASE_AWAY)."""
        await self.hold()
        async with self._taking:
            if self._session is None:
                raise Unavailable(reason="DATABASE_AWAY", detail="the session of the sender's lock has just ended")
            try:
                return int(await self._session.fetchval(COUNT_SENDERS, SENDING, timeout=CONNECT_TIMEOUT_SECONDS))
            except (OSError, TimeoutError, *AWAY) as error:
                raise Unavailable(reason="DATABASE_AWAY", detail=f"nobody counts the senders: {error!r}") from error

    async def _take(self) -> None:
        try:
            self._session = await asyncpg.connect(self._database_url, timeout=CONNECT_TIMEOUT_SECONDS)
            await self._session.execute(LOCK, lock_key(self.owner), timeout=CONNECT_TIMEOUT_SECONDS)
            await self._session.execute(LOCK_SENDING, SENDING, timeout=CONNECT_TIMEOUT_SECONDS)
        except (OSError, TimeoutError, *AWAY) as error:
            await self.release()
            raise Unavailable(reason="DATABASE_AWAY", detail=f"no session for the sender's lock: {error!r}") from error

    async def release(self) -> None:
        """Ends the session, and with it the lock."""
        session, self._session = self._session, None
        if session is not None:
            session.terminate()
