"""Measures ledger postings beside pgbench's own TPC-B transactions on the same server; it must not touch a running suite.

Run ``python -m tests.bench.ledger_postings``, some 90 s. PostgreSQL keeps its ordinary durability. The ways take turns
round by round, so what else the machine does falls on all of them; figures are medians.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import grpc
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

import svc_reward.migrations
from carillon.reward.v1 import ledger_pb2_grpc
from carillon_chassis.client import open_channel
from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.transfer import move
from svc_reward.main import LEDGER_ROLE
from svc_reward.store.accounts import open_accounts
from tests.bench import pgbench
from tests.bench.ledger_ways import CLIENTS, FEW, HOT_BUDGET, ISSUANCE, MANY, ROUND_SECONDS, Way, make_ways
from tests.lone_reward import lone_environment

ROUNDS = 3
START_SECONDS = 20.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 240.0
FUNDS = 10**11


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFigures:
    """Medians of all rounds; ``pgbench_rates`` is empty where there is no pgbench."""

    ways: list[Way]
    pgbench_rates: list[float]
    server: str


def main() -> LedgerFigures:
    """Measures and prints. Raises TimeoutError after 240 s and RuntimeError when the ledger does not balance."""
    figures = uvloop.run(measure())
    Console(width=120).print(render(figures))
    return figures


async def measure() -> LedgerFigures:
    """Runs all rounds on a server of its own."""
    program = pgbench.find_program()
    rates: list[float] = []
    with postgres_server() as server:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            ledger = await make_ledger(await make_database(server.url, "bench_ledger"))
            pgbench_url = await make_database(server.url, "bench_tpcb")
            if program is not None:
                await pgbench.make_tables(program, pgbench_url)
            async with served(ledger.url) as channel:
                ways = make_ways(ledger, ledger_pb2_grpc.LedgerServiceStub(channel))
                for _ in range(ROUNDS):
                    if program is not None:
                        rates.append(await pgbench.run_round(program, pgbench_url, seconds=ROUND_SECONDS))
                    for way in ways:
                        await way.run_round()
            await assert_balanced(ledger)
            await ledger.close()
    return LedgerFigures(ways=ways, pgbench_rates=rates, server=server.way)


def render(figures: LedgerFigures) -> Table:
    """The table: each way beside pgbench."""
    peer = statistics.median(figures.pgbench_rates) if figures.pgbench_rates else None
    beside = f"{peer:,.0f}/s" if peer else "absent: no pgbench in the wheel or on PATH"
    table = Table(
        title=f"Ledger postings on {figures.server}; pgbench TPC-B, {pgbench.CLIENTS} clients: {beside}",
        caption=f"{ROUNDS} rounds of {ROUND_SECONDS:.0f} s each, medians; 50 accounts unless said otherwise",
    )
    for heading in ("postings", "clients", "a second", "rounds", "p50 ms", "p99 ms", "times pgbench"):
        table.add_column(heading, justify="left" if heading == "postings" else "right")
    for way in figures.ways:
        table.add_row(
            way.what,
            str(way.clients),
            f"{way.rate:,.0f}",
            " ".join(f"{rate:,.0f}" for rate in way.rates),
            f"{way.latency_ms(50):.1f}",
            f"{way.latency_ms(99):.1f}",
            f"{way.rate / peer:.2f}" if peer else "-",
        )
    return table


async def make_database(url: str, name: str) -> str:
    """The URL of a new database."""
    connection = await asyncpg.connect(url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def make_ledger(url: str) -> Database:
    """A migrated ledger whose accounts have plenty."""
    await migrate(url, svc_reward.migrations.__path__[0])
    ledger = Database(url, role=LEDGER_ROLE, pool_size=CLIENTS)
    clock = SystemClock()
    funds = [
        move(f"fund:{account}", source=ISSUANCE, target=account, amount=FUNDS, reason="bench")
        for account in (HOT_BUDGET, *FEW)
    ]
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUANCE, HOT_BUDGET, *MANY], now=clock.now())
        await post_transfers(unit, funds, clock=clock)
    return ledger


@asynccontextmanager
async def served(url: str) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward in a process of its own, without its follower."""
    with tempfile.TemporaryDirectory(prefix="clb") as folder:
        address = f"unix:{folder}/reward.sock"
        environment = lone_environment(url, address, EMBEDDED_WORKER="0")
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "svc_reward", "serve", env=environment)
        channel = open_channel(address)
        try:
            await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
            yield channel
        finally:
            await channel.close()
            process.terminate()
            await process.wait()


async def assert_balanced(ledger: Database) -> None:
    """Raises RuntimeError unless the entries sum to zero and each balance is what its entries say."""
    statement = """
        SELECT count(*) FROM balance LEFT JOIN (SELECT account, sum(amount) AS amount FROM entry GROUP BY account) AS summed
        USING (account) WHERE balance.amount <> coalesce(summed.amount, 0)
    """
    async with ledger.read() as unit:
        if await unit.driver.fetchval(statement) or await unit.driver.fetchval("SELECT sum(amount) FROM entry"):
            raise RuntimeError("the ledger does not balance")


if __name__ == "__main__":
    main()
