"""Brings the databases to their newest tables and the gateway's clients to the credentials file, as one short process.

Each service has `python -m svc_x migrate` for itself; here one process does it for all, since a process a service
would load the same libraries six times. Run as `python -m carillon_deploy.runner.tables`, with what to do on standard
input because the databases' addresses hold passwords.
"""

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from carillon_gateway.identity.seeding import read_credentials, seed_clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Whose tables are where: `packages` and `urls` by process name; `credentials` is the file of clients."""

    packages: Mapping[str, str]
    urls: Mapping[str, str]
    gateway: str
    credentials: str


def render_task(task: Task) -> str:
    """The task as JSON."""
    return json.dumps(asdict(task))


async def perform(task: Task) -> None:
    """Migrates one database after another, since Alembic keeps its context for the whole process; then the clients."""
    for name, package in task.packages.items():
        logging.getLogger(__name__).info("migrating %s", name)
        await migrate(task.urls[name], importlib.import_module(package).__path__[0])
    if task.gateway in task.packages:
        database = Database(task.urls[task.gateway], pool_size=1)
        try:
            await seed_clients(database, read_credentials(Path(task.credentials)), at=SystemClock().now())
        finally:
            await database.close()


def main() -> None:
    """Reads the task and performs it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(perform(Task(**json.loads(sys.stdin.read()))))


if __name__ == "__main__":
    main()
