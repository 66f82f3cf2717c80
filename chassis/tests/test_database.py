"""The unit of work commits on leaving, rolls back on an error, and tells when the database is away."""

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from carillon_chassis.batches import claim
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable

NOTE = Table(
    "note", MetaData(), Column("id", BigInteger, primary_key=True), Column("text", Text), Column("owner", Text)
)


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


async def test_a_database_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable):
        async with database.unit_of_work():
            pass


async def test_two_workers_claim_different_rows_without_waiting(database: Database) -> None:
    await write(database, *range(10))
    async with database.unit_of_work() as first, database.unit_of_work() as second:
        free = NOTE.c.text == "free"
        one = await claim(first, table=NOTE, where=free, values={"text": "taken", "owner": "one"}, limit=4)
        two = await claim(second, table=NOTE, where=free, values={"text": "taken", "owner": "two"}, limit=10)
    assert [row.id for row in one] == [0, 1, 2, 3]
    assert [row.id for row in two] == [4, 5, 6, 7, 8, 9]
