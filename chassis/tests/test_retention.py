"""Old answers and facts are forgotten, young ones kept."""

from carillon_chassis.database import Database
from carillon_chassis.retention import Retention


async def test_only_what_is_older_than_thirty_days_is_forgotten(database: Database) -> None:
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            """
            INSERT INTO command (caller, operation, request_id, request_hash, created_at)
            SELECT 'c', 'o', n::text, '', now() - make_interval(days => n) FROM generate_series(28, 33) AS n
            """
        )
        await unit.driver.execute(
            """
            INSERT INTO outbox (occurred_at, traceparent, type, body)
            SELECT now() - make_interval(days => n), '', 't', '' FROM generate_series(28, 33) AS n
            """
        )
    await Retention(database).forget()
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM command") == 2
        assert await unit.driver.fetchval("SELECT count(*) FROM outbox") == 2
