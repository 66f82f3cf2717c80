"""Measures ledger postings beside pgbench's TPC-B and django-hordak on the same server; it must not touch a running suite.

Run ``python -m tests.bench.ledger_postings``, some two minutes. PostgreSQL keeps its ordinary durability. The ways take turns
round by round, so what else the machine does falls on all of them; figures are medians.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
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
from tests.bench import hordak_peer, pgbench
from tests.bench.ledger_ways import (
    BATCH_CALLED,
    CLIENTS,
    FEW,
    HOT,
    HOT_BUDGET,
    ISSUANCE,
    MANY,
    ROUND_SECONDS,
    SINGLE_CALLED,
    SINGLE_QUEUED,
    Way,
    make_ways,
)
from tests.lone_reward import lone_environment

ROUNDS = 3
START_SECONDS = 20.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 600.0
FUNDS = 10**11
# The bars, in the order of the ways that they are for: transfers a second, and the 99th percentile of one call.
LEAST_RATES = {SINGLE_QUEUED: 6_000.0, HOT: 30_000.0, SINGLE_CALLED: 1_500.0, BATCH_CALLED: 15_000.0}
MOST_SINGLE_P99_MS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFigures:
    """The ways, and the rates of peers that are there, a round each; ``hordak_ms`` are the latencies of its transfers."""

    ways: list[Way]
    pgbench_rates: list[float]
    hordak_rates: list[float]
    hordak_ms: list[float]
    server: str

    def bounds(self) -> dict[str, bool]:
        """Each bar in words, and whether it is reached."""
        ways = {way.what: way for way in self.ways}
        reached = {f"{what}: {least:,.0f}/s": ways[what].rate >= least for what, least in LEAST_RATES.items()}
        p99 = ways[SINGLE_CALLED].latency_ms(99)
        return reached | {f"{SINGLE_CALLED}: p99 of {MOST_SINGLE_P99_MS:.0f} ms": p99 <= MOST_SINGLE_P99_MS}


def main() -> LedgerFigures:
    """Measures and prints. Raises TimeoutError after 600 s and RuntimeError when the ledger does not balance."""
    figures = uvloop.run(measure())
    Console(width=150).print(render(figures))
    return figures


async def measure() -> LedgerFigures:
    """Runs all rounds on a server of its own."""
    program = pgbench.find_program()
    rates: list[float] = []
    hordak_rates: list[float] = []
    hordak_ms: list[float] = []
    with postgres_server() as server:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            ledger = await make_ledger(await make_database(server.url, "bench_ledger"))
            pgbench_url = await make_database(server.url, "bench_tpcb")
            if program is not None:
                await pgbench.make_tables(program, pgbench_url)
            hordak = await hordak_peer.prepare(await make_database(server.url, "bench_hordak"))
            async with served(ledger.url) as channel:
                ways = make_ways(ledger, ledger_pb2_grpc.LedgerServiceStub(channel))
                for _ in range(ROUNDS):
                    if program is not None:
                        rates.append(await pgbench.run_round(program, pgbench_url, seconds=ROUND_SECONDS))
                    if hordak is not None:
                        told = await hordak.run("transfer", str(ROUND_SECONDS))
                        hordak_rates.append(told["rate"])
                        hordak_ms += told["latencies_ms"]
                    for way in ways:
                        await way.run_round()
            await assert_balanced(ledger)
            await ledger.close()
    return LedgerFigures(
        ways=ways, pgbench_rates=rates, hordak_rates=hordak_rates, hordak_ms=hordak_ms, server=server.way
    )


def render(figures: LedgerFigures) -> Table:
    """The table: each way beside its bar and beside the peers."""
    table = Table(
        title=f"Ledger postings on {figures.server}",
        caption=f"{ROUNDS} rounds of {ROUND_SECONDS:.0f} s each, medians; 50 accounts unless said otherwise",
    )
    for heading in (
        "postings", "clients", "a second", "rounds", "p50 ms", "p99 ms", "bar", "x pgbench", "x hordak",
    ):  # fmt: skip
        table.add_column(heading, justify="left" if heading == "postings" else "right")
    for way in figures.ways:
        table.add_row(
            way.what,
            str(way.clients),
            f"{way.rate:,.0f}",
            " ".join(f"{rate:,.0f}" for rate in way.rates),
            f"{way.latency_ms(50):.1f}",
            f"{way.latency_ms(99):.1f}",
            f"{LEAST_RATES[way.what]:,.0f}" if way.what in LEAST_RATES else "-",
            times(way.rate, figures.pgbench_rates),
            times(way.rate, figures.hordak_rates),
        )
    table.add_row(*peer_row("pgbench, its TPC-B", pgbench.CLIENTS, figures.pgbench_rates))
    table.add_row(*peer_row(hordak_peer.NAME, CLIENTS, figures.hordak_rates, figures.hordak_ms))
    return table


def times(rate: float, peer_rates: list[float]) -> str:
    """How many times the peer's median; a dash where there is no peer."""
    return f"{rate / statistics.median(peer_rates):.2f}" if peer_rates else "-"


def peer_row(name: str, clients: int, rates: list[float], latencies_ms: Sequence[float] = ()) -> list[str]:
    """A peer's row, or that it is absent."""
    if not rates:
        return [name, str(clients), "peer absent"]
    percentiles = statistics.quantiles(latencies_ms, n=100) if latencies_ms else []
    return [
        name,
        str(clients),
        f"{statistics.median(rates):,.0f}",
        " ".join(f"{rate:,.0f}" for rate in rates),
        *(f"{percentiles[place]:.1f}" if percentiles else "-" for place in (49, 98)),
    ]


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
            # One that could not even start has gone by itself.
            if process.returncode is None:
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
