"""Measures how long points take to expire, a million lots at once, beside its bound; it must not touch a running suite.

Run ``python -m tests.bench.expiry``, some three minutes. The worker does what it does in the service, in the application's
role, on a PostgreSQL with ordinary durability. The limit beside it is one bare UPDATE of as many lots.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from svc_reward.main import LEDGER_ROLE
from svc_reward.store.soundness import find_unsound
from svc_reward.worker.lot_clock import LotClock
from tests.bench.grown_ledger import grow
from tests.bench.ledger_postings import make_database

LOTS = 1_000_000
# Issue 3: expire 1,000,000 lots, on 2 cores.
MOST_SECONDS = 120.0
LOTS_A_SUBSCRIBER = 4
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 600.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
EXPIRED = """
SELECT count(*) AS transfers, (SELECT count(*) FROM lot WHERE remaining > 0) AS left_over,
       (SELECT amount FROM balance JOIN account ON number = account WHERE kind = 'expired') AS amount
FROM transfer WHERE id LIKE 'expire:%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryFigures:
    """Seconds for all lots, each taken back by a transfer of its own, and for one bare UPDATE of them."""

    lots: int
    seconds: float
    bare_seconds: float
    server: str


def main(lots: int = LOTS) -> ExpiryFigures:
    """Measures and prints. Raises TimeoutError after 600 s and RuntimeError when a lot is left or expired twice."""
    figures = uvloop.run(measure(lots))
    Console(width=120).print(render(figures))
    return figures


async def measure(lots: int) -> ExpiryFigures:
    """All lots on a server of its own."""
    with postgres_server() as server:
        url = await make_database(server.url, "bench_expiry")
        await migrate(url, svc_reward.migrations.__path__[0])
        owned, database = Database(url), Database(url, role=LEDGER_ROLE)
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                subscribers = lots // LOTS_A_SUBSCRIBER
                await grow(owned, transfers=lots, subscribers=subscribers, began=BEGAN, with_lots=True)
                bare_seconds = await measure_bare(owned)
                clock = FixedClock(at=BEGAN + timedelta(days=60))
                began = time.perf_counter()
                await LotClock(database, clock).step()
                seconds = time.perf_counter() - began
                await prove(database, lots)
        finally:
            await database.close()
            await owned.close()
    return ExpiryFigures(lots=lots, seconds=seconds, bare_seconds=bare_seconds, server=server.way)


async def measure_bare(owned: Database) -> float:
    """Seconds of one UPDATE of all lots, on a copy, so that the lots themselves are as they were."""
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("SET LOCAL statement_timeout = 0")
        await unit.driver.execute("CREATE TABLE plain_lot (LIKE lot INCLUDING ALL)")
        await unit.driver.execute("INSERT INTO plain_lot OVERRIDING SYSTEM VALUE SELECT * FROM lot")
    began = time.perf_counter()
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("SET LOCAL statement_timeout = 0")
        await unit.driver.execute("UPDATE plain_lot SET remaining = 0 WHERE remaining > 0")
    return time.perf_counter() - began


async def prove(database: Database, lots: int) -> None:
    """Raises RuntimeError unless each lot expired once and the ledger is sound."""
    async with database.read() as unit:
        row = await unit.driver.fetchrow(EXPIRED)
        fault = await find_unsound(unit)
    if row is None or tuple(row) != (lots, 0, lots) or fault is not None:
        raise RuntimeError(f"transfers, left over, expired: {row}, of {lots:,}; fault: {fault}")


def render(figures: ExpiryFigures) -> Table:
    """Seconds beside the bound and the bare update."""
    table = Table(
        title=f"{figures.lots:,} lots expire, {LOTS_A_SUBSCRIBER} a subscriber, each by a transfer of its own",
        caption=f"{figures.server}, ordinary durability",
    )
    table.add_column("way")
    for heading in ("seconds", "lots a second"):
        table.add_column(heading, justify="right")
    for way, seconds in (("the worker", figures.seconds), ("one bare UPDATE of as many lots", figures.bare_seconds)):
        table.add_row(way, f"{seconds:.1f}", f"{figures.lots / seconds:,.0f}")
    table.add_row(f"bound of {LOTS:,} lots", f"{MOST_SECONDS:.0f}", f"{LOTS / MOST_SECONDS:,.0f}")
    return table


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])).seconds <= MOST_SECONDS else 1)
