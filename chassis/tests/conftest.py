"""A database with the chassis's tables and one table to change."""

from pathlib import Path

import pytest

from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase

MIGRATIONS = str(Path(__file__).parent / "migrations")


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(MIGRATIONS)
