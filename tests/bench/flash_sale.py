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
from carillon_chassis.memory import keep_start
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from tests.bench import pgbench
from tests.bench.ledger_postings import make_database, served

STOCK = 10_000
ATTEMPTS = 200_000
PEOPLE = 100_000
# How many calls wait at once and how many attempts each brings: one by one, and as a gateway that gathers would.
WAYS = ((100, 1), (20, 10))
# The bar: decisions a second and the 99th percentile.
LEAST_RATE = 3_000
MOST_P99_MS = 100
PGBENCH_SECONDS = 5.0
# A stuck run has to end by itself; 3,000 a second need 67 s.
TIME_LIMIT_SECONDS = 240.0
# What the peer does for every attempt, and all it does: no person, no claim, no answer who got one.
UPDATE = "UPDATE plain_stock SET available = available - 1 WHERE id = 1 AND available > 0;\n"
CLAIMS = "SELECT count(*), count(DISTINCT subscriber_id) FROM claim WHERE sale_id = $1::text::uuid AND state = 'held'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """One sale from its first attempt to its last; a call's latency is that of each attempt in it."""

    callers: int
    attempts_each: int
    seconds: float
    latencies_ms: list[float]
    outcomes: Counter[str]

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.outcomes.total() / self.seconds

    def latency_ms(self, percentile: int) -> float:
        """So many of 100 waited at most this."""
        return statistics.quantiles(self.latencies_ms, n=100)[percentile - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleFigures:
    """What the ways gave; ``peer_rate`` is None where there is no pgbench."""

    stock: int
    rushes: list[Rush]
    peer_rate: float | None
    server: str


def main(stock: int = STOCK, attempts: int = ATTEMPTS, people: int = PEOPLE) -> SaleFigures:
    """Measures and prints. Raises TimeoutError after 240 s, RuntimeError when anything was sold twice or not at all."""
    figures = uvloop.run(measure(stock=stock, attempts=attempts, people=people))
    Console(width=120).print(render(figures))
    return figures


async def measure(*, stock: int, attempts: int, people: int) -> SaleFigures:
    """A sale each way on a server of its own, then the peer on the same."""
    # Drawn with replacement: some come often, some not at all; the seed makes runs alike.
    drawn = random.Random(1).choices(range(1, people + 1), k=attempts)
    rushes: list[Rush] = []
    with postgres_server() as server:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            url = await make_database(server.url, "bench_sale")
            await migrate(url, svc_reward.migrations.__path__[0])
            async with served(url) as channel:
                stub = sale_pb2_grpc.SaleServiceStub(channel)
                for callers, attempts_each in WAYS:
                    sale_id = await announce(stub, stock=stock)
                    rushes.append(await rush(stub, sale_id, drawn, callers=callers, attempts_each=attempts_each))
                    await prove(url, sale_id, sold=min(stock, len(set(drawn))))
            peer = await measure_peer(url, stock=stock)
    return SaleFigures(stock=stock, rushes=rushes, peer_rate=peer, server=server.way)


async def announce(stub: "sale_pb2_grpc.SaleServiceStub", *, stock: int) -> str:
    """The id of a sale that is open."""
    now = datetime.now(UTC)
    sale = sale_pb2.Sale(name="bench", hold_seconds=3600)
    sale.opens_at.FromDatetime(now - timedelta(seconds=1))
    sale.closes_at.FromDatetime(now + timedelta(hours=1))
    response = await stub.CreateSale(sale_pb2.CreateSaleRequest(request_id=str(now), sale=sale, stock=stock))
    return response.id


async def rush(
    stub: "sale_pb2_grpc.SaleServiceStub", sale_id: str, people: list[int], *, callers: int, attempts_each: int
) -> Rush:
    """Lets all people come, each call as soon as its caller has the answer before."""
    outcomes, latencies = Counter[str](), []
    attempts = [
        sale_pb2.Attempt(request_id=f"{sale_id}-{number}", sale_id=sale_id, subscriber_id=person)
        for number, person in enumerate(people)
    ]
    starts = iter(range(0, len(attempts), attempts_each))
    # The caller's own pauses are nobody's latency but its own.
    keep_start()

    async def caller() -> None:
        for start in starts:
            request = sale_pb2.ClaimRequest(attempts=attempts[start : start + attempts_each])
            began = time.perf_counter()
            answer = await stub.Claim(request)
            latencies.append((time.perf_counter() - began) * 1000)
            outcomes.update(outcome.outcome for outcome in answer.outcomes)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    seconds = time.perf_counter() - began
    return Rush(
        callers=callers, attempts_each=attempts_each, seconds=seconds, latencies_ms=latencies, outcomes=outcomes
    )


async def prove(url: str, sale_id: str, *, sold: int) -> None:
    """Raises RuntimeError unless exactly ``sold`` claims stand, one a person, and the stock says the same."""
    database = Database(url)
    async with database.read() as unit:
        claims, people = await unit.driver.fetchrow(CLAIMS, sale_id) or (0, 0)
        reserved = await unit.driver.fetchval("SELECT reserved FROM stock WHERE pool = $1", f"sale:{sale_id}")
    await database.close()
    if (claims, people, reserved) != (sold, sold, sold):
        raise RuntimeError(f"{claims} claims of {people} people, {reserved} promised; it should be {sold}")


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
    """The table: each way beside the bare update."""
    peer = f"{figures.peer_rate:,.0f}/s" if figures.peer_rate else "absent: no pgbench in the wheel or on PATH"
    told = ", ".join(f"{outcome} {number:,}" for outcome, number in figures.rushes[0].outcomes.most_common())
    table = Table(
        title=f"Flash sale of {figures.stock:,} through gRPC on {figures.server}; "
        f"one conditional UPDATE by pgbench, {pgbench.CLIENTS} clients: {peer}",
        caption=f"{told}; the bar is {LEAST_RATE:,}/s and {MOST_P99_MS} ms",
    )
    for heading in (
        "attempts",
        "callers",
        "attempts a call",
        "decisions a second",
        "p50 ms",
        "p99 ms",
        "times pgbench",
    ):
        table.add_column(heading, justify="right")
    for one in figures.rushes:
        table.add_row(
            f"{one.outcomes.total():,}",
            str(one.callers),
            str(one.attempts_each),
            f"{one.rate:,.0f}",
            f"{one.latency_ms(50):.1f}",
            f"{one.latency_ms(99):.1f}",
            f"{one.rate / figures.peer_rate:.2f}" if figures.peer_rate else "-",
        )
    return table


if __name__ == "__main__":
    main()
