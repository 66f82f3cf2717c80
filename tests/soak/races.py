"""Two races over gRPC at any size: keys sent three times at once, and spenders of too little money.

It uses a PostgreSQL of its own with ordinary durability and must not touch a running suite.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc

import svc_reward.migrations
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from tests.bench.ledger_postings import make_database, served
from tests.soak.books import ISSUANCE, PEOPLE, Account, message_of, name_of

KEYS = 100_000
COPIES = 3
RUNS = 100
FUNDED = 50
SPENDERS = 200
# Keys go in calls of this many, the copies of each in different ones, all clients at once.
KEYS_A_CALL = 50
CALLERS = 30
CALL_SECONDS = 60.0
LEAST_SECONDS = 60.0
SECONDS_A_KEY = 0.01
SECONDS_A_RUN = 5.0
SERVICE = Identity(subject="service:soak")
BOOKED = "SELECT count(*) FROM transfer WHERE id LIKE 'key:%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceFigures:
    """What the race gave; ``outcomes`` are those of all calls, ``faults`` what must not be."""

    name: str
    seconds: float
    outcomes: Counter[str]
    faults: list[str]


async def race_keys(keys: int = KEYS) -> RaceFigures:
    """Each key three times at once: as many transfers as keys, the others replays."""
    calls = [
        list(range(first, min(first + KEYS_A_CALL, keys)))
        for _ in range(COPIES)
        for first in range(0, keys, KEYS_A_CALL)
    ]
    luck = random.Random(1)
    for call in calls:
        luck.shuffle(call)
    # The copies of a key close to one another, so that they meet.
    calls.sort(key=lambda call: (min(call) // (KEYS_A_CALL * CALLERS // COPIES), luck.random()))
    outcomes = Counter[str]()
    async with asyncio.timeout(LEAST_SECONDS + SECONDS_A_KEY * keys), _ledger(PEOPLE) as (url, channel):
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)
        waiting = iter(calls)

        async def caller() -> None:
            for call in waiting:
                request = ledger_pb2.PostTransfersRequest(
                    transfers=[
                        message_of(f"key:{number}", ((ISSUANCE, -1), (PEOPLE[number % len(PEOPLE)], 1)))
                        for number in call
                    ]
                )
                answer = await invoke(stub.PostTransfers, request, timeout_seconds=CALL_SECONDS)
                outcomes.update(outcome.outcome for outcome in answer.outcomes)

        began = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        seconds = time.perf_counter() - began
        booked = await _ask(url, BOOKED)
        held = sum([await _balance(stub, account) for account in PEOPLE])
    expected = Counter({"POSTED": keys, "REPLAYED": (COPIES - 1) * keys})
    faults = [] if outcomes == expected else [f"answers: {dict(outcomes)}"]
    faults += [] if booked == held == keys else [f"{booked:,} transfers stand and {held:,} points, of {keys:,} keys"]
    return RaceFigures(
        name=f"{keys:,} keys sent {COPIES} times at once", seconds=seconds, outcomes=outcomes, faults=faults
    )


async def race_spenders(runs: int = RUNS) -> RaceFigures:
    """Run after run, 200 spends of 1 at once from an account of 50: exactly 50 each."""
    outcomes, faults = Counter[str](), []
    purses: list[Account] = [(ledger_pb2.ACCOUNT_KIND_CAMPAIGN_BUDGET, f"purse-{run}") for run in range(runs)]
    async with asyncio.timeout(LEAST_SECONDS + SECONDS_A_RUN * runs), _ledger((*PEOPLE, *purses)) as (_, channel):
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)

        async def post(transfer: ledger_pb2.Transfer) -> str:
            request = ledger_pb2.PostTransfersRequest(transfers=[transfer])
            answer = await invoke(stub.PostTransfers, request, timeout_seconds=CALL_SECONDS)
            return answer.outcomes[0].outcome

        began = time.perf_counter()
        for run, purse in enumerate(purses):
            await post(message_of(f"start:{run}", ((ISSUANCE, -FUNDED), (purse, FUNDED))))
            spends = [
                message_of(f"spend:{run}:{number}", ((purse, -1), (PEOPLE[number % len(PEOPLE)], 1)))
                for number in range(SPENDERS)
            ]
            told = Counter(await asyncio.gather(*map(post, spends)))
            outcomes.update(told)
            left = await _balance(stub, purse)
            if told != {"POSTED": FUNDED, "INSUFFICIENT_FUNDS": SPENDERS - FUNDED} or left != 0:
                faults.append(f"run {run}: {dict(told)}, {left} left")
        seconds = time.perf_counter() - began
    name = f"{runs:,} x {SPENDERS} spends of 1 at once from {FUNDED}"
    return RaceFigures(name=name, seconds=seconds, outcomes=outcomes, faults=faults)


@asynccontextmanager
async def _ledger(accounts: tuple[Account, ...]) -> AsyncIterator[tuple[str, grpc.aio.Channel]]:
    """A ledger with these accounts, open and empty: its database and a channel to its service."""
    with postgres_server() as server, acting_as(SERVICE):
        url = await make_database(server.url, "soak_race")
        await migrate(url, svc_reward.migrations.__path__[0])
        async with served(url) as channel:
            names = [name_of(account) for account in (ISSUANCE, *accounts)]
            request = ledger_pb2.OpenAccountsRequest(request_id="open", accounts=names)
            await invoke(ledger_pb2_grpc.LedgerServiceStub(channel).OpenAccounts, request)
            yield url, channel


async def _ask(url: str, question: str) -> int:
    database = Database(url)
    async with database.read() as unit:
        answer: int = await unit.driver.fetchval(question)
    await database.close()
    return answer


async def _balance(stub: "ledger_pb2_grpc.LedgerServiceStub", account: Account) -> int:
    name = name_of(account)
    answer = await invoke(stub.ListBalances, ledger_pb2.ListBalancesRequest(kind=name.kind, owner=name.owner))
    return answer.balances[0].amount
