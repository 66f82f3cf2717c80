"""Measures a flash sale through gRPC beside one conditional UPDATE by pgbench on the same server.

Run ``python -m tests.bench.flash_sale``. PostgreSQL keeps its ordinary durability. It fails when the claims are not
exactly the stock, or a person has two; it must not touch a running suite.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon.reward.v1 import sale_pb2, sale_pb2_grpc
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from tests.bench import pgbench
from tests.bench.ledger_postings import make_database, served

STOCK = 10_000
ATTEMPTS = 200_000
PEOPLE = 100_000
# What waits at once, as a gateway's connections do; each asks again when it has its answer.
CALLERS = 200
# The bar: decisions a second and the 99th percentile.
LEAST_RATE = 3_000
MOST_P99_MS = 100
PGBENCH_SECONDS = 5.0
# A stuck run has to end by itself; 3,000 a second need 67 s.
TIME_LIMIT_SECONDS = 240.0
# What the peer does for every attempt, and all it does: no person, no claim, no answer who got one.
UPDATE = "UPDATE plain_stock SET available = available - 1 WHERE id = 1 AND available > 0;\n"
TWICE = "SELECT count(*) FROM (SELECT subscriber_id FROM claim GROUP BY subscriber_id HAVING count(*) > 1) AS twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleFigures:
    """What one run gave; ``peer_rate`` is None where there is no pgbench."""

    stock: int
    seconds: float
    latencies_ms: list[float]
    outcomes: Counter[str]
    peer_rate: float | None
    server: str

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return len(self.latencies_ms) / self.seconds

    @property
    def p99_ms(self) -> float:
        """So long 99 of 100 waited at most."""
        return statistics.quantiles(self.latencies_ms, n=100)[98]


def main(stock: int = STOCK, attempts: int = ATTEMPTS, people: int = PEOPLE) -> SaleFigures:
    """Measures and prints. Raises TimeoutError after 240 s, RuntimeError when anything was sold twice or not at all."""
    figures = uvloop.run(measure(stock=stock, attempts=attempts, people=people))
    Console(width=120).print(render(figures))
    return figures


async def measure(*, stock: int, attempts: int, people: int) -> SaleFigures:
    """One sale on a server of its own, then the peer on the same."""
    with postgres_server() as server:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            url = await make_database(server.url, "bench_sale")
            await migrate(url, svc_reward.migrations.__path__[0])
            async with served(url) as channel:
                stub = sale_pb2_grpc.SaleServiceStub(channel)
                sale_id = await announce(stub, stock=stock)
                # Drawn with replacement: some come often, some not at all; the seed makes runs alike.
                drawn = random.Random(1).choices(range(1, people + 1), k=attempts)
                outcomes, latencies, seconds = await rush(stub, sale_id, drawn)
            await prove(url, sold=min(stock, len(set(drawn))))
            peer = await measure_peer(url, stock=stock)
    return SaleFigures(
        stock=stock, seconds=seconds, latencies_ms=latencies, outcomes=outcomes, peer_rate=peer, server=server.way
    )


async def announce(stub: "sale_pb2_grpc.SaleServiceStub", *, stock: int) -> str:
    """The id of a sale that is open."""
    now = datetime.now(UTC)
    sale = sale_pb2.Sale(name="bench", hold_seconds=3600)
    sale.opens_at.FromDatetime(now - timedelta(seconds=1))
    sale.closes_at.FromDatetime(now + timedelta(hours=1))
    response = await stub.CreateSale(sale_pb2.CreateSaleRequest(request_id="bench", sale=sale, stock=stock))
    return response.id


async def rush(
    stub: "sale_pb2_grpc.SaleServiceStub", sale_id: str, people: list[int]
) -> tuple[Counter[str], list[float], float]:
    """Outcomes, milliseconds of each call, and seconds of all; one attempt a call, as people come."""
    outcomes, latencies = Counter[str](), []
    coming = enumerate(people)

    async def caller() -> None:
        for number, person in coming:
            attempt = sale_pb2.Attempt(request_id=f"a-{number}", sale_id=sale_id, subscriber_id=person)
            began = time.perf_counter()
            answer = await stub.Claim(sale_pb2.ClaimRequest(attempts=[attempt]))
            latencies.append((time.perf_counter() - began) * 1000)
            outcomes[answer.outcomes[0].outcome] += 1

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return outcomes, latencies, time.perf_counter() - began


async def prove(url: str, *, sold: int) -> None:
    """Raises RuntimeError unless exactly ``sold`` claims stand, one a person, and the stock says the same."""
    database = Database(url)
    async with database.read() as unit:
        claims = await unit.driver.fetchval("SELECT count(*) FROM claim WHERE state = 'held'")
        reserved = await unit.driver.fetchval("SELECT reserved FROM stock")
        twice = await unit.driver.fetchval(TWICE)
    await database.close()
    if (claims, reserved, twice) != (sold, sold, 0):
        raise RuntimeError(f"{claims} claims, {reserved} promised, {twice} people with two; it should be {sold}")


async def measure_peer(url: str, *, stock: int) -> float | None:
    """Conditional updates a second of one row by pgbench, straight at the database."""
    program = pgbench.find_program()
    if program is None:
        return None
    database = Database(url)
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "CREATE TABLE plain_stock (id int PRIMARY KEY, available bigint) WITH (fillfactor = 50)"
        )
        await unit.driver.execute("INSERT INTO plain_stock VALUES (1, $1)", stock * 1_000)
    await database.close()
    with tempfile.TemporaryDirectory(prefix="cfs") as folder:
        script = Path(folder) / "update.sql"
        script.write_text(UPDATE)
        return await pgbench.run_round(program, url, seconds=PGBENCH_SECONDS, script=script)


def render(figures: SaleFigures) -> Table:
    """The table: the sale beside the bare update."""
    peer = f"{figures.peer_rate:,.0f}/s" if figures.peer_rate else "absent: no pgbench in the wheel or on PATH"
    told = ", ".join(f"{outcome} {number:,}" for outcome, number in figures.outcomes.most_common())
    table = Table(
        title=f"Flash sale through gRPC on {figures.server}; one conditional UPDATE by pgbench, {pgbench.CLIENTS} clients: {peer}",
        caption=f"{told}; the bar is {LEAST_RATE:,}/s and {MOST_P99_MS} ms",
    )
    for heading in ("stock", "attempts", "callers", "decisions a second", "p50 ms", "p99 ms", "times pgbench"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{figures.stock:,}",
        f"{len(figures.latencies_ms):,}",
        str(CALLERS),
        f"{figures.rate:,.0f}",
        f"{statistics.median(figures.latencies_ms):.1f}",
        f"{figures.p99_ms:.1f}",
        f"{figures.rate / figures.peer_rate:.2f}" if figures.peer_rate else "-",
    )
    return table


if __name__ == "__main__":
    main()
