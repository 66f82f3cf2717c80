"""The unit of work commits on leaving, rolls back on an error, and tells when the database is away."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable


async def write(database: Database, *ids: int) -> None:
    async with database.unit_of_work() as unit:
        await unit.driver.copy_records_to_table("note", records=[(i, "free", None) for i in ids])


async def count(database: Database) -> int:
    async with database.read() as unit:
        return int(await unit.driver.fetchval("SELECT count(*) FROM note"))


async def test_leaving_the_unit_of_work_commits(database: Database) -> None:
    await write(database, 1, 2)
    assert await count(database) == 2


async def test_an_error_rolls_back_what_the_driver_wrote(database: Database) -> None:
    with pytest.raises(ValueError, match="stop"):
        async with database.unit_of_work() as unit:
            await unit.driver.execute("INSERT INTO note VALUES (1, 'x')")
            raise ValueError("stop")
    assert await count(database) == 0


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match="read-only"):
        async with database.read() as unit:
            await unit.driver.execute("INSERT INTO note VALUES (1, 'x')")


async def test_a_killed_backend_is_unavailable_for_its_caller_and_unseen_by_the_next(database: Database) -> None:
    with pytest.raises(Unavailable) as refused:
        async with database.unit_of_work() as unit:
            pid = await unit.driver.fetchval("SELECT pg_backend_pid()")
            async with database.unit_of_work() as other:
                await other.driver.execute("SELECT pg_terminate_backend($1)", pid)
            await unit.driver.execute("INSERT INTO note VALUES (1, 'x')")
    assert refused.value.reason == "DATABASE_AWAY"
    async with database.unit_of_work() as unit:
        pid = await unit.driver.fetchval("SELECT pg_backend_pid()")
    async with database.unit_of_work() as unit:
        own = await unit.driver.fetchval("SELECT pg_backend_pid()")
        await unit.driver.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> $1 AND datname = current_database()",
            own,
        )
    for key in range(3):
        await write(database, key)
    assert await count(database) == 3


async def test_a_pool_in_which_every_connection_is_taken_is_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker waits for it like for an outage, and does not end."""
    monkeypatch.setattr("carillon_chassis.database.POOL_TIMEOUT_SECONDS", 0.05)
    narrow = Database(database.url, pool_size=1)
    try:
        async with narrow.read():
            with pytest.raises(Unavailable):
                await count(narrow)
        assert await count(narrow) == 0
    finally:
        await narrow.close()


async def test_a_database_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable):
        async with database.unit_of_work():
            pass


@pytest.mark.parametrize("arguments", [(1, 2), ("one",)])
async def test_a_wrong_argument_is_a_bug_and_no_outage(database: Database, arguments: tuple[object, ...]) -> None:
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)):
        async with database.unit_of_work() as unit:
            await unit.driver.execute("INSERT INTO note VALUES ($1, 'x')", *arguments)
    assert await count(database) == 0


async def test_a_wrong_argument_through_sqlalchemy_is_a_bug_too(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.unit_of_work() as unit:
            await unit.connection.exec_driver_sql("INSERT INTO note VALUES ($1, 'x')", ("one",))


async def test_a_connection_that_was_closed_is_an_outage(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.unit_of_work() as unit:
            unit.driver.terminate()
            await unit.driver.execute("INSERT INTO note VALUES (1, 'x')")
