"""A storm over the ledger: clients with random operations while the service and its database are killed again and again.

Run ``python -m tests.soak.storm [operations] [kills]``; a million operations take some ten minutes on two cores. It uses
a PostgreSQL of its own with ordinary durability and must not touch a running suite.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc, prize_pb2, prize_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from tests.bench.ledger_postings import make_database
from tests.soak.books import (
    BUDGETS,
    CURRENCY,
    FUNDS,
    ISSUANCE,
    PRIZE,
    PRIZE_PRICE,
    PRIZE_STOCK,
    Books,
    message_of,
    opening,
)
from tests.soak.client import Client
from tests.soak.proof import Findings, prove
from tests.soak.service import HurryingClock, KilledService, kept_alive

OPERATIONS = 1_000_000
KILLS = 50
CLIENTS = 20
# A stuck storm has to end by itself; each operation is given ten times what it takes.
LEAST_SECONDS = 120.0
SECONDS_AN_OPERATION = 0.006
SERVICE = Identity(subject="service:soak")
# What is killed, in turns: the process, all connections, and one backend of the server, which then recovers as a whole.
VICTIMS = ("service", "connections", "service", "connections", "backend")
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
BUSIEST = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
ORDER BY state = 'active' DESC, random() LIMIT 1
"""


@dataclass(slots=True, kw_only=True)
class StormFigures:
    """What a storm did and what the proof after it found; sound when ``faults`` is empty."""

    operations: int
    seconds: float
    kills: Counter[str]
    books: Books
    findings: Findings
    deaths: list[int]
    server: str

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        died = [f"svc-reward ended by itself with {code}" for code in self.deaths]
        return [*self.findings.faults, *self.books.surprises[:20], *died]


@dataclass(slots=True, kw_only=True)
class Killer:
    """Kills in turns; ``killed`` counts by victim."""

    service: KilledService
    url: str
    can_signal: bool
    killed: Counter[str] = field(default_factory=Counter)

    async def run(self, books: Books, *, operations: int, kills: int) -> None:
        """So many kills, spread evenly over the operations."""
        for number in range(kills):
            while books.operations < operations * (number + 1) // (kills + 1):
                await asyncio.sleep(0.01)
            victim = VICTIMS[number % len(VICTIMS)]
            if victim == "backend" and not self.can_signal:
                # A server on another machine, or in a container of its own.
                victim = "connections"
            if victim == "service":
                self.service.kill()
            else:
                await self._kill_in_database(victim)
            self.killed[victim] += 1

    async def _kill_in_database(self, victim: str) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self.url)
                break
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
        try:
            if victim == "backend":
                os.kill(await connection.fetchval(BUSIEST), signal.SIGKILL)
            else:
                await connection.fetchval(TERMINATE)
        finally:
            # After a killed backend the server throws this connection out as well.
            connection.terminate()


def main(operations: int = OPERATIONS, kills: int = KILLS) -> StormFigures:
    """Runs a storm and prints what came of it. Raises TimeoutError when it hangs."""
    figures = uvloop.run(run_storm(operations=operations, kills=kills))
    console = Console(width=120)
    console.print(render(figures))
    console.print(describe(figures))
    return figures


async def run_storm(*, operations: int, kills: int) -> StormFigures:
    """One storm on a server of its own, and the proof after it."""
    books = Books()
    with postgres_server() as server:
        url = await make_database(server.url, "soak_ledger")
        await migrate(url, svc_reward.migrations.__path__[0])
        clock = HurryingClock.started_now()
        async with asyncio.timeout(LEAST_SECONDS + SECONDS_AN_OPERATION * operations), kept_alive(url, clock) as kept:
            service, address = kept
            killer = Killer(service=service, url=url, can_signal=server.way.startswith("embedded"))
            await prepare(address, books)
            began = time.perf_counter()
            await unleash(address, books, clock, killer, operations=operations, kills=kills)
            seconds = time.perf_counter() - began
            database = Database(url)
            findings = await prove(database, books, address)
            await database.close()
    return StormFigures(
        operations=books.operations,
        seconds=seconds,
        kills=killer.killed,
        books=books,
        findings=findings,
        deaths=service.deaths,
        server=server.way,
    )


async def prepare(address: str, books: Books) -> None:
    """Opens the accounts, funds the budgets and stocks the prize."""
    channel = open_channel(address)
    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
    prize = prize_pb2.Prize(
        code=PRIZE,
        name="Cup",
        kind=prize_pb2.PRIZE_KIND_PHYSICAL_GIFT,
        currency=CURRENCY,
        price=PRIZE_PRICE,
        lowest_tier=prize_pb2.MEMBER_TIER_NON_MEMBER,
    )
    prize.valid_from.FromJsonString("2020-01-01T00:00:00Z")
    prize.valid_until.FromJsonString("2100-01-01T00:00:00Z")
    with acting_as(SERVICE):
        await invoke(ledger.OpenAccounts, ledger_pb2.OpenAccountsRequest(request_id="open", accounts=opening()))
        for number, budget in enumerate(BUDGETS):
            legs = ((ISSUANCE, -FUNDS), (budget, FUNDS))
            request = ledger_pb2.PostTransfersRequest(transfers=[message_of(f"start:{number}", legs)])
            (outcome,) = (await invoke(ledger.PostTransfers, request)).outcomes
            if outcome.outcome != "POSTED":
                raise RuntimeError(f"a budget was not funded: {outcome}")
            books.book(legs)
        await invoke(
            prize_pb2_grpc.PrizeServiceStub(channel).CreatePrize,
            prize_pb2.CreatePrizeRequest(request_id="prize", prize=prize, stock=PRIZE_STOCK),
        )
    await channel.close()


async def unleash(
    address: str, books: Books, clock: HurryingClock, killer: Killer, *, operations: int, kills: int
) -> None:
    """All clients, each on a connection of its own, and the killer among them; ends with the last operation."""
    channels = [open_channel(address) for _ in range(CLIENTS)]
    clients = [Client(number, channel, books, clock) for number, channel in enumerate(channels)]
    with acting_as(SERVICE):
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.work(operations))
            group.create_task(killer.run(books, operations=operations, kills=kills))
    for channel in channels:
        await channel.close()


def render(figures: StormFigures) -> Table:
    """How often each answer came, and last what was found wrong."""
    table = Table(title=f"{figures.operations:,} operations by {CLIENTS} clients in {figures.seconds:.0f} s")
    table.add_column("answer")
    table.add_column("times", justify="right")
    for outcome, number in sorted(figures.books.outcomes.items()):
        table.add_row(outcome, f"{number:,}")
    for fault in figures.faults:
        table.add_row(f"[red]{fault}", "")
    table.add_row("found wrong", f"{len(figures.faults)}")
    return table


def describe(figures: StormFigures) -> str:
    """What was killed, what stands and how long the proof took."""
    findings = figures.findings
    killed = ", ".join(f"{number} x {victim}" for victim, number in figures.kills.items())
    return (
        f"{figures.server}; killed: {killed}; {figures.books.repeated:,} calls sent again."
        f" {findings.transfers:,} transfers, {findings.entries:,} entries, {findings.expired_lots:,} lots expired."
        f" Sealed {findings.sealing_seconds:.0f} s after the last operation, proved in {findings.proving_seconds:.0f} s."
    )


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])).faults else 0)
