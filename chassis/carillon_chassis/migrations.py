"""Runs a service's Alembic migrations and makes the tables that the chassis itself needs.

A service's env.py is two lines: it imports and calls ``run_environment``.
"""

import asyncpg
from alembic import command, context, op
from alembic.config import Config
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from carillon_chassis.database import driver_url

CHASSIS_TABLES = (
    # Facts told in the change's own transaction; see carillon_chassis.outbox for the order.
    """
    CREATE TABLE outbox (
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
        occurred_at timestamptz NOT NULL,
        traceparent text NOT NULL,
        type text NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (transaction, sequence)
    )
    """,
    # How far each follower of another service has got.
    """
    CREATE TABLE inbox_cursor (
        consumer text PRIMARY KEY,
        transaction bigint NOT NULL,
        sequence bigint NOT NULL,
        moved_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    # First answers of commands, given again on replay.
    """
    CREATE TABLE command (
        caller text NOT NULL,
        operation text NOT NULL,
        request_id text NOT NULL,
        request_hash bytea NOT NULL,
        response bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (caller, operation, request_id)
    )
    """,
)


def create_chassis_tables() -> None:
    """Called by each service's first migration."""
    for statement in CHASSIS_TABLES:
        op.execute(statement)


def run_environment() -> None:
    """The whole of a service's env.py."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()


async def migrate(url: str, location: str) -> None:
    """Brings the database to the newest version of the migrations in ``location``, and the job tables to PgQueuer's."""
    config = Config()
    config.set_main_option("script_location", location.replace("%", "%%"))

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
    driver = await asyncpg.connect(driver_url(url))
    try:
        queries = Queries(AsyncpgDriver(driver))
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()
    finally:
        await driver.close()
