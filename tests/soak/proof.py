"""Proves a ledger after a soak: against itself, against what its clients were told, against its chain; it repairs nothing."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from carillon_chassis.database import Database, UnitOfWork
from carillon_deploy.internal import verify_chain
from svc_reward.api.messages import KINDS
from tests.soak.books import PRIZE, Books

# The sealer follows the bookings at its own pace; a soak that was killed all the time leaves it some way behind.
SEALING_SECONDS = 300.0

UNBALANCED = "SELECT count(*) FROM (SELECT FROM entry GROUP BY transfer HAVING sum(amount) <> 0) AS unbalanced"
STRAYED = """
SELECT count(*) FROM (
    SELECT FROM balance LEFT JOIN entry USING (account) GROUP BY balance.account
    HAVING balance.amount <> coalesce(sum(entry.amount), 0) OR balance.entries <> count(entry.account)
) AS strayed
"""
BALANCES = """
SELECT account.kind, account.owner, balance.amount FROM account JOIN balance ON balance.account = account.number
"""
EXPIRED = """
SELECT account.kind, account.owner, sum(entry.amount)::bigint AS amount
FROM transfer JOIN entry ON entry.transfer = transfer.number JOIN account ON account.number = entry.account
WHERE transfer.id LIKE 'expire:%' GROUP BY account.kind, account.owner
"""
SORTS = "SELECT split_part(id, ':', 1) AS sort, count(*) AS number FROM transfer GROUP BY 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong, in words, and how much was looked at."""

    faults: list[str]
    transfers: int
    entries: int
    expired_lots: int
    sealing_seconds: float
    proving_seconds: float


async def prove(database: Database, books: Books, address: str) -> Findings:
    """Everything that must hold after a soak; ``database`` is the ledger's as its owner sees it."""
    began = time.perf_counter()
    sealed = await _await_seal(database)
    sealing = time.perf_counter() - began
    faults = [] if sealed else [f"not all was sealed within {SEALING_SECONDS:.0f} s"]
    proof = await asyncio.to_thread(verify_chain, address, lambda _: None)
    if not proof.finished or proof.HasField("fault"):
        faults.append(f"carillon verify ledger: {proof.fault.detail or proof}")
    async with database.read() as unit:
        for question, statement in (("transfers do not sum to zero", UNBALANCED), ("balances strayed", STRAYED)):
            number = await unit.driver.fetchval(statement)
            if number:
                faults.append(f"{number} {question}")
        sorts = Counter({row["sort"]: row["number"] for row in await unit.driver.fetch(SORTS)})
        faults += await _compare_keys(unit, books, sorts)
        faults += await _compare_amounts(unit, books)
    return Findings(
        faults=faults,
        transfers=proof.transfers,
        entries=proof.entries,
        expired_lots=sorts["expire"],
        sealing_seconds=sealing,
        proving_seconds=time.perf_counter() - began - sealing,
    )


async def _await_seal(database: Database) -> bool:
    """Whether the chain reached the last transfer in time."""
    open_ended = "SELECT count(*) FROM transfer LEFT JOIN chain_link ON transfer = number WHERE transfer IS NULL"
    ends = time.monotonic() + SEALING_SECONDS
    while time.monotonic() < ends:
        async with database.read() as unit:
            if not await unit.driver.fetchval(open_ended):
                return True
        await asyncio.sleep(0.5)
    return False


async def _compare_keys(unit: UnitOfWork, books: Books, sorts: Counter[str]) -> list[str]:
    """Each key that a client was told of stands once, and none that it was refused."""
    faults = []
    booked = [row["id"] for row in await unit.driver.fetch("SELECT id FROM transfer WHERE id LIKE 't:%'")]
    if len(booked) != len(set(booked)):
        faults.append(f"{len(booked) - len(set(booked))} keys are booked twice")
    if set(booked) != books.stood:
        faults.append(
            f"{len(set(booked) - books.stood)} transfers stand that no client was told of,"
            f" {len(books.stood - set(booked))} are lost"
        )
    cancelled = books.redemptions["cancelled"]
    told = {
        "capture": books.captures,
        "reverse": books.reversals + cancelled,
        "redeem": books.redemptions["booked"],
    }
    faults += [
        f"{sorts[sort]} transfers {sort}:... stand, {number} were told"
        for sort, number in told.items()
        if sorts[sort] != number
    ]
    promised = await unit.driver.fetchval("SELECT reserved + committed FROM stock WHERE pool = $1", f"prize:{PRIZE}")
    if promised != books.pieces:
        faults.append(f"{promised} pieces are promised or handed over, {books.pieces} were told")
    return faults


async def _compare_amounts(unit: UnitOfWork, books: Books) -> list[str]:
    """Each balance is what the answers add up to, less what expired, which no client asks for."""
    expected = Counter({(str(KINDS[kind]), owner): amount for (kind, owner), amount in books.amounts.items()})
    for row in await unit.driver.fetch(EXPIRED):
        expected[row["kind"], row["owner"]] += row["amount"]
    balances = {(row["kind"], row["owner"]): row["amount"] for row in await unit.driver.fetch(BALANCES)}
    return [
        f"{kind} {owner} has {balances.get((kind, owner), 0)}, the answers add up to {expected[kind, owner]}"
        for kind, owner in sorted(expected.keys() | balances.keys())
        if balances.get((kind, owner), 0) != expected[kind, owner]
    ]
