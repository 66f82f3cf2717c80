"""Forgets what is no longer needed: old first answers of commands, and facts that every follower has long booked.

A follower that stayed away longer than this must be loaded anew; thirty days is twice the longest outage planned for.
"""

from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic

KEPT_DAYS = 30
# Small enough that a purge never holds anyone up; the next round takes the rest.
ROWS_A_ROUND = 10_000
HOURLY_SECONDS = 3600.0

FORGET_COMMANDS = """
DELETE FROM command WHERE ctid IN (
    SELECT ctid FROM command WHERE created_at < now() - make_interval(days => $1) LIMIT $2)
"""
FORGET_FACTS = """
DELETE FROM outbox WHERE (transaction, sequence) IN (
    SELECT transaction, sequence FROM outbox
    WHERE occurred_at < now() - make_interval(days => $1) ORDER BY transaction, sequence LIMIT $2)
"""


class Retention:
    """The worker that forgets, once an hour."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Forgets for ever."""
        await Periodic(self.forget, name="retention", pause_seconds=HOURLY_SECONDS).run()

    async def forget(self) -> None:
        """One round: at most ROWS_A_ROUND rows of each table."""
        async with self._database.unit_of_work() as unit:
            await unit.driver.execute(FORGET_COMMANDS, KEPT_DAYS, ROWS_A_ROUND)
            await unit.driver.execute(FORGET_FACTS, KEPT_DAYS, ROWS_A_ROUND)
