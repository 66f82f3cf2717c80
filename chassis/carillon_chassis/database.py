"""The unit of work over PostgreSQL; nobody else opens a transaction and nobody calls commit.

Leaving ``unit_of_work`` commits; an error rolls back. ``read`` is a transaction that can't write.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from carillon_chassis.errors import Unavailable
from carillon_chassis.identity import current_identity

logger = logging.getLogger(__name__)

# A statement that runs longer than this holds locks that others wait for; bulk work goes in batches.
STATEMENT_TIMEOUT_SECONDS = 60
# Who waits this long for a free connection is better told so than kept.
POOL_TIMEOUT_SECONDS = 10

# Two transactions met, and PostgreSQL broke one: it passes by itself, and the whole transaction may simply go again.
CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# What asyncpg raises when the connection or the server goes away under a statement.
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    # What its state machine says when the server's last word came while it was idle.
    asyncpg.InternalClientError,
)

# The first statement opens the transaction for the driver too, and tells row-level security who is asking.
OPENING = "SELECT set_config('carillon.subject', $1, true), set_config('carillon.branch', $2, true)"


def driver_url(url: str) -> str:
    """The URL as asyncpg takes it, whatever driver the setting names."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOfWork:
    """One transaction: SQLAlchemy Core for statements, the asyncpg driver for COPY and arrays."""

    connection: AsyncConnection
    driver: "asyncpg.Connection[asyncpg.Record]"


class Database:
    """One service's PostgreSQL database and its pool of connections.

    With ``role`` every connection acts as that role, which may do less than the one that migrates.
    """

    def __init__(self, url: str, *, pool_size: int = 10, role: str = "") -> None:
        self.url = driver_url(url)
        server_settings = {"statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s"} | ({"role": role} if role else {})
        self._engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            connect_args={"server_settings": server_settings},
        )

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that commits when the block ends well. Raises Unavailable when the database is away."""
        connection = await self._connect()
        unit = await self._opened(connection)
        try:
            yield unit
            await connection.commit()
        except DBAPIError as error:
            raise _mirrored(error) from error
        except AWAY as error:
            if isinstance(error, asyncpg.InterfaceError) and not unit.driver.is_closed():
                # The connection stands, so the caller used it wrongly: a bug to be seen, not an outage to be waited for.
                raise
            raise _away(error) from error
        finally:
            await _close(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        """A read-only transaction."""
        async with self.unit_of_work() as unit:
            await unit.driver.execute("SET TRANSACTION READ ONLY")
            yield unit

    async def close(self) -> None:
        """Closes the pool."""
        await self._engine.dispose()

    async def _connect(self) -> AsyncConnection:
        """A connection in a new transaction; one that died in the pool is replaced once, unseen by the caller."""
        try:
            return await self._begin()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise _mirrored(error) from error
        except (OSError, TimeoutError, *AWAY) as error:
            raise _away(error) from error
        try:
            return await self._begin()
        except (DBAPIError, OSError, TimeoutError, *AWAY) as error:
            raise _away(error) from error

    async def _begin(self) -> AsyncConnection:
        try:
            connection = await self._engine.connect()
        except PoolTimeout as error:
            # All connections are in use: it passes like an outage, and no worker has to end for it.
            raise _away(error) from error
        try:
            identity = current_identity()
            await connection.exec_driver_sql(OPENING, (identity.subject, identity.branch))
        except BaseException:
            await connection.close()
            raise
        return connection

    @staticmethod
    async def _opened(connection: AsyncConnection) -> UnitOfWork:
        raw = await connection.get_raw_connection()
        return UnitOfWork(
            connection=connection, driver=cast("asyncpg.Connection[asyncpg.Record]", raw.driver_connection)
        )


async def _close(connection: AsyncConnection) -> None:
    """Rolls back what is open and gives the connection back; a dead one is thrown away instead."""
    try:
        await connection.close()
    except (DBAPIError, *AWAY):
        # The pool has thrown it away already; the caller has heard why from the statement that failed.
        logger.info("a connection was lost")


def _mirrored(error: DBAPIError) -> Exception:
    """Unavailable for a lost connection or a shutdown, else the error itself: it is a bug to be seen."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if error.connection_invalidated or state.startswith(("08", "57P")):
        return _away(error)
    return error


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        reason="DATABASE_AWAY", detail=f"the database can't be reached: {type(error).__name__}; try again"
    )
