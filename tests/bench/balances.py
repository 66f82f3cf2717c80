"""Measures balances of an account with a million entries, now and as of any moment, beside django-hordak's sum of legs.

Run ``python -m tests.bench.balances``, some two minutes. It asks svc-reward through gRPC, as the gateway does, on a
PostgreSQL with ordinary durability; it must not touch a running suite.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from tests.bench import hordak_peer
from tests.bench.grown_ledger import grow
from tests.bench.ledger_postings import make_database, served

ENTRIES = 1_000_000
# Issue 3: the 99th percentile of the balance now and as of a moment, on 2 cores.
MOST_NOW_MS = 5.0
MOST_AS_OF_MS = 20.0
ROUNDS = 3
CALLS = 2_000
# Each sums a million legs.
HORDAK_CALLS = 5
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 400.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
READER = Identity(subject="service:bench")


@dataclass(slots=True, kw_only=True)
class BalanceFigures:
    """Milliseconds of each call, ours round by round; the peer's lists are empty where it is absent."""

    entries: int
    now_ms: list[list[float]] = field(default_factory=list)
    as_of_ms: list[list[float]] = field(default_factory=list)
    hordak_now_ms: list[float] = field(default_factory=list)
    hordak_as_of_ms: list[float] = field(default_factory=list)
    server: str = ""

    @property
    def now_p99(self) -> float:
        """The median round's."""
        return statistics.median(percentile(one, 99) for one in self.now_ms)

    @property
    def as_of_p99(self) -> float:
        """The median round's."""
        return statistics.median(percentile(one, 99) for one in self.as_of_ms)


def percentile(latencies_ms: list[float], number: int) -> float:
    """So many of 100 took at most this."""
    return statistics.quantiles(latencies_ms, n=100)[number - 1]


def main(entries: int = ENTRIES, calls: int = CALLS, *, with_peer: bool = True) -> BalanceFigures:
    """Measures and prints. Raises TimeoutError after 400 s and RuntimeError for a wrong balance."""
    figures = uvloop.run(measure(entries, calls, with_peer=with_peer))
    Console(width=120).print(render(figures))
    return figures


async def measure(entries: int, calls: int, *, with_peer: bool) -> BalanceFigures:
    """Both ledgers on one server of their own, in turns."""
    figures = BalanceFigures(entries=entries)
    with postgres_server() as server:
        figures.server = server.way
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            url = await make_database(server.url, "bench_balance")
            await migrate(url, svc_reward.migrations.__path__[0])
            owned = Database(url)
            await grow(owned, transfers=entries, subscribers=1, began=BEGAN, with_lots=False)
            await owned.close()
            hordak = None
            if with_peer:
                hordak = await hordak_peer.prepare(await make_database(server.url, "bench_hordak"))
            if hordak is not None:
                await hordak.run("grow", str(entries))
            async with served(url) as channel:
                stub = ledger_pb2_grpc.LedgerServiceStub(channel)
                for number in range(ROUNDS):
                    await run_round(stub, figures, calls, luck=random.Random(number))
                    if hordak is not None:
                        told = await hordak.run("balance", str(HORDAK_CALLS))
                        figures.hordak_now_ms += told["now"]
                        figures.hordak_as_of_ms += told["as_of"]
    return figures


async def run_round(
    stub: "ledger_pb2_grpc.LedgerServiceStub", figures: BalanceFigures, calls: int, *, luck: random.Random
) -> None:
    """All calls for the balance now, then as many as of some second."""
    figures.now_ms.append(await ask_all(stub, [0] * calls, entries=figures.entries))
    seconds = [luck.randint(1, figures.entries) for _ in range(calls)]
    figures.as_of_ms.append(await ask_all(stub, seconds, entries=figures.entries))


async def ask_all(stub: "ledger_pb2_grpc.LedgerServiceStub", seconds: Iterable[int], *, entries: int) -> list[float]:
    """Milliseconds of each call, one after the other; second 0 is now."""
    latencies: list[float] = []
    for second in seconds:
        request = ledger_pb2.ListBalancesRequest(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner="1")
        if second:
            request.as_of.FromDatetime(BEGAN + timedelta(seconds=second))
        began = time.perf_counter()
        with acting_as(READER):
            answer = await invoke(stub.ListBalances, request)
        latencies.append((time.perf_counter() - began) * 1000)
        # A point came every second.
        if [balance.amount for balance in answer.balances] != [second or entries]:
            raise RuntimeError(f"{answer.balances} as of second {second}")
    return latencies


def render(figures: BalanceFigures) -> Table:
    """Ours beside the bars and beside the peer's sums."""
    table = Table(
        title=f"Balances of an account with {figures.entries:,} entries, on {figures.server}",
        caption=f"one caller; ours through gRPC, {ROUNDS} rounds of {len(figures.now_ms[0]):,} calls, medians;"
        f" {hordak_peer.NAME}, {HORDAK_CALLS} calls a round",
    )
    for heading in ("balance", "p50 ms", "p99 ms", "bar ms", "hordak's median ms", "x hordak"):
        table.add_column(heading, justify="left" if heading == "balance" else "right")
    for name, rounds, bar, peer_ms in (
        ("now", figures.now_ms, MOST_NOW_MS, figures.hordak_now_ms),
        ("as of a moment", figures.as_of_ms, MOST_AS_OF_MS, figures.hordak_as_of_ms),
    ):
        middle = statistics.median(percentile(one, 50) for one in rounds)
        peer = statistics.median(peer_ms) if peer_ms else None
        table.add_row(
            name,
            f"{middle:.2f}",
            f"{statistics.median(percentile(one, 99) for one in rounds):.2f}",
            f"{bar:.0f}",
            f"{peer:.0f}" if peer else "peer absent",
            f"{peer / middle:.0f}" if peer else "-",
        )
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
