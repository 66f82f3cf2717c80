"""The pytest plugin: fixtures for a real database and a real server, and the line that says which database it was."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import grpc
import pytest

from carillon_chassis.client import open_channel
from carillon_chassis.database import Database
from carillon_chassis.server import Service, start_server
from carillon_chassis.testing.postgres import Databases, PostgresServer, postgres_server

MakeDatabase = Callable[[str], Awaitable[Database]]
Serving = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]

WAY = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """The server of this test run."""
    with postgres_server() as server:
        pytestconfig.stash[WAY] = server.way
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of the server of this test run."""
    return postgres.url


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    """The maker of databases, with its templates."""
    return Databases(postgres)


@pytest.fixture
async def make_database(databases: Databases) -> AsyncIterator[MakeDatabase]:
    """Makes fresh databases from a service's migrations; drops them after the test."""
    made: list[Database] = []

    async def make(migrations: str) -> Database:
        made.append(await databases.make(migrations))
        return made[-1]

    yield make
    for database in made:
        await databases.drop(database)


@pytest.fixture
def serving() -> Serving:
    """Serves a service on a unix socket for the time of a block, and gives a channel to it."""

    @asynccontextmanager
    async def serve(service: Service, *, with_workers: bool = True) -> AsyncIterator[grpc.aio.Channel]:
        folder = Path(tempfile.mkdtemp(prefix="cgs"))
        address = f"unix:{folder / 's.sock'}"
        server = await start_server(service, listen=address)
        workers = [asyncio.ensure_future(worker()) for worker in service.workers] if with_workers else []
        channel = open_channel(address)
        try:
            yield channel
        finally:
            await channel.close()
            for worker in workers:
                worker.cancel()
            for worker in workers:
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await worker
            await server.stop(0)
            for close in service.closers:
                await close()
            shutil.rmtree(folder, ignore_errors=True)

    return serve


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says which way the tests took to PostgreSQL."""
    if way := config.stash.get(WAY, ""):
        terminalreporter.write_line(f"PostgreSQL for tests: {way}")
