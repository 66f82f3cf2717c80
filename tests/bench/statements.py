"""Measures the statements of a month's orders beside its bound: priced, locked, booked, shown, proved; no running suite.

Run ``python -m tests.bench.statements``, some two minutes for a million orders. The use cases run as the service's
workers run them, in the application's role, on a PostgreSQL with ordinary durability. The limit beside it is one plain
GROUP BY over the same orders.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from svc_reward.app.approve_policy import approve_policy
from svc_reward.app.create_policy import create_policy
from svc_reward.app.list_commission_statements import list_commission_statements
from svc_reward.app.lock_lines import lock_lines
from svc_reward.app.price_events import price_events
from svc_reward.app.prove_commissions import prove_commissions
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_policy import PolicyTerms, Tier
from svc_reward.main import LEDGER_ROLE
from svc_reward.store.commission_matrix import read_commission_matrix
from tests.bench.ledger_postings import make_database

ORDERS = 1_000_000
AFFILIATES = 10_000
# Issue 3: statements of 1,000,000 orders for 10,000 affiliates, on 2 cores.
MOST_SECONDS = 120.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 420.0
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 1, tzinfo=UTC)
HOLDING_DAYS = 7
PAGE = 200
MAKER = Identity(subject="maker", roles=frozenset({"province_admin"}))
CHECKER = Identity(subject="checker", roles=frozenset({"approver"}))
PLAIN = "SELECT affiliate_id, count(*), sum(amount_fen) FROM commission_event GROUP BY affiliate_id"


@dataclass(slots=True, kw_only=True)
class StatementFigures:
    """Seconds by stage, the plain GROUP BY's beside them, and what the statements came to."""

    orders: int
    affiliates: int
    seconds: dict[str, float] = field(default_factory=dict)
    plain_seconds: float = 0.0
    statements: int = 0
    amount_fen: int = 0
    server: str = ""

    @property
    def total_seconds(self) -> float:
        """All stages; bringing the orders in is not one of them."""
        return sum(self.seconds.values())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Takes the time of what runs inside."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


def main(orders: int = ORDERS, affiliates: int = AFFILIATES) -> StatementFigures:
    """Measures and prints. Raises TimeoutError after 420 s and RuntimeError when a line and the ledger differ."""
    figures = uvloop.run(measure(orders, affiliates))
    Console(width=120).print(render(figures))
    return figures


async def measure(orders: int, affiliates: int) -> StatementFigures:
    """One month on a server of its own."""
    figures = StatementFigures(orders=orders, affiliates=affiliates)
    with postgres_server() as server:
        figures.server = server.way
        url = await make_database(server.url, "bench_statements")
        await migrate(url, svc_reward.migrations.__path__[0])
        database = Database(url, role=LEDGER_ROLE)
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                await bring_in(database, orders, affiliates)
                await run_month(database, figures)
        finally:
            await database.close()
    return figures


async def bring_in(database: Database, orders: int, affiliates: int) -> None:
    """Affiliates, an approved policy with tiers, and the month's orders as the follower keeps them."""
    terms = PolicyTerms(
        affiliate_kind=AffiliateKind.WEBSITE,
        commission_kind=CommissionKind.HANDLING,
        affiliate_id="",
        service="",
        valid_from=START,
        valid_to=None,
        tiers=(
            Tier(volume_from=1, use_months=0, flat_fen=100, share_myriad=150),
            Tier(volume_from=50, use_months=0, flat_fen=120, share_myriad=200),
        ),
        monthly_cap_fen=10**9,
        holding_days=HOLDING_DAYS,
        beyond_matrix=False,
    )
    async with database.unit_of_work() as unit:
        policy = await create_policy(unit, identity=MAKER, matrix=read_commission_matrix(), terms=terms, at=START)
        await approve_policy(unit, identity=CHECKER, number=policy.number, at=START)
        rows = [(f"site-{n:05}", "website", f"site {n}", "", "maker", START) for n in range(affiliates)]
        await unit.driver.copy_records_to_table("affiliate", records=rows)
    columns = ("id", "affiliate_id", "kind", "service", "token", "subscriber_id", "amount_fen", "occurred_at")
    for first in range(0, orders, 100_000):
        async with database.unit_of_work() as unit:
            # 7,919 is prime: the affiliates' orders come mixed, as they do in life.
            events = (
                (
                    f"order:{n}", f"site-{n * 7919 % affiliates:05}", "handling", "CRBT", "", n + 1, 500 + n % 3000,
                    START + timedelta(seconds=n % 1_000_000),
                )
                for n in range(first, min(first + 100_000, orders))
            )  # fmt: skip
            await unit.driver.copy_records_to_table("commission_event", records=events, columns=columns)


async def run_month(database: Database, figures: StatementFigures) -> None:
    """All stages in turn."""
    matrix = read_commission_matrix()
    clock = FixedClock(at=START + timedelta(days=30))
    started = time.perf_counter()
    async with database.read() as unit:
        await unit.driver.fetch(PLAIN)
    figures.plain_seconds = time.perf_counter() - started
    with figures.stage("orders priced"):
        while True:
            async with database.unit_of_work() as unit:
                if not await price_events(unit, matrix=matrix, zone=ZONE):
                    break
    with figures.stage("lines locked and booked"):
        while True:
            async with database.unit_of_work() as unit:
                if not await lock_lines(unit, clock=clock):
                    break
    with figures.stage("statements read"):
        await read_all(database, figures)
    with figures.stage("proved equal to the ledger"):
        async with database.read() as unit:
            proof = await prove_commissions(unit, identity=MAKER)
    if proof.differing or proof.lines != figures.orders or figures.statements != figures.affiliates:
        raise RuntimeError(f"{proof} beside {figures.statements:,} statements of {figures.orders:,} orders")


async def read_all(database: Database, figures: StatementFigures) -> None:
    """Every affiliate's statement, page by page."""
    after = ("", "")
    while True:
        async with database.read() as unit:
            page = await list_commission_statements(
                unit, identity=MAKER, affiliate_id="", month="2026-11", after=after, limit=PAGE
            )
        if not page:
            return
        figures.statements += len(page)
        figures.amount_fen += sum(total.amount_fen for statement in page for total in statement.totals)
        after = (page[-1].affiliate_id, page[-1].month)


def render(figures: StatementFigures) -> Table:
    """Seconds by stage, beside the bound and the plain sum."""
    table = Table(
        title=f"Statements of {figures.orders:,} orders for {figures.affiliates:,} affiliates",
        caption=f"{figures.server}, ordinary durability; {figures.amount_fen / 100:,.2f} yuan in all",
    )
    table.add_column("stage")
    for heading in ("seconds", "orders a second"):
        table.add_column(heading, justify="right")
    stages = figures.seconds | {"together": figures.total_seconds, "one plain GROUP BY": figures.plain_seconds}
    for name, seconds in stages.items():
        table.add_row(name, f"{seconds:.1f}", f"{figures.orders / seconds:,.0f}")
    table.add_row(f"bound of {ORDERS:,} orders", f"{MOST_SECONDS:.1f}", f"{ORDERS / MOST_SECONDS:,.0f}")
    return table


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])).total_seconds <= MOST_SECONDS else 1)
