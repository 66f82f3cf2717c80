"""The ways of posting that the ledger's benchmark compares; it must not start or stop anything."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.memory import keep_start
from carillon_chassis.telemetry import meter
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.tally import Tally
from svc_reward.app.transfer_queue import TransferQueue
from svc_reward.domain.account import AccountKind, AccountName, budget_account, issuance_account, subscriber_account
from svc_reward.domain.posting import POSTED
from svc_reward.domain.transfer import Transfer, move

ROUND_SECONDS = 4.0
CLIENTS = 20
# The ways that have a bar to reach.
SINGLE_QUEUED = "single, in the database, through the queue"
HOT = "one hot budget, batches of 500"
SINGLE_CALLED = "single, through gRPC"
BATCH_CALLED = "batches of 200, through gRPC"

ISSUANCE = issuance_account("seeds")
HOT_BUDGET = budget_account("hot", "seeds")
# The fifty accounts of single transfers, and the thousand that the hot budget pays.
FEW = [subscriber_account(number, "seeds") for number in range(1, 51)]
MANY = [subscriber_account(number, "seeds") for number in range(1, 1001)]
FUNDS = 10**11
PROTOCOL_KINDS = {
    AccountKind.ISSUANCE: ledger_pb2.ACCOUNT_KIND_ISSUANCE,
    AccountKind.CAMPAIGN_BUDGET: ledger_pb2.ACCOUNT_KIND_CAMPAIGN_BUDGET,
    AccountKind.SUBSCRIBER: ledger_pb2.ACCOUNT_KIND_SUBSCRIBER,
}
NUMBERS = count(1)
SERVICE = Identity(subject="service:bench")

# Posts some transfers and tells how many.
Call = Callable[[], Awaitable[int]]


@dataclass(slots=True, kw_only=True)
class Way:
    """One way of posting: its rates, a round each, and the latency of its calls in milliseconds."""

    what: str
    clients: int
    call: Call
    rates: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median round."""
        return statistics.median(self.rates)

    def latency_ms(self, percentile: int) -> float:
        """So many of 100 calls took at most this."""
        return statistics.quantiles(self.latencies_ms, n=100)[percentile - 1]

    async def run_round(self) -> None:
        """Lets the clients call for a round, each one call after the other."""
        began = time.perf_counter()
        posted = sum(await asyncio.gather(*(self._client(began + ROUND_SECONDS) for _ in range(self.clients))))
        self.rates.append(posted / (time.perf_counter() - began))

    async def _client(self, ends: float) -> int:
        posted = 0
        while (began := time.perf_counter()) < ends:
            posted += await self.call()
            self.latencies_ms.append((time.perf_counter() - began) * 1000)
        return posted


def single() -> Transfer:
    """The next transfer of 1 between two of the fifty accounts."""
    number = next(NUMBERS)
    source, target = FEW[number % len(FEW)], FEW[number * 7 % len(FEW)]
    return move(f"b:{number}", source=ISSUANCE if source == target else source, target=target, amount=1, reason="bench")


def payout() -> Transfer:
    """The next transfer of 1 from the one hot budget to one of many subscribers."""
    number = next(NUMBERS)
    return move(f"b:{number}", source=HOT_BUDGET, target=MANY[number * 7 % len(MANY)], amount=1, reason="bench")


def to_message(transfer: Transfer) -> ledger_pb2.Transfer:
    """The transfer as a client of the service writes it."""

    def name(account: AccountName) -> ledger_pb2.AccountName:
        return ledger_pb2.AccountName(kind=PROTOCOL_KINDS[account.kind], owner=account.owner, currency=account.currency)

    return ledger_pb2.Transfer(
        transfer_id=transfer.transfer_id,
        legs=[ledger_pb2.Leg(account=name(leg.account), amount=leg.amount) for leg in transfer.legs],
        reason=transfer.reason,
    )


def make_ways(ledger: Database, stub: ledger_pb2_grpc.LedgerServiceStub) -> list[Way]:
    """Every way of posting that is measured, those in this process as a serving process would do them."""
    keep_start()
    clock = SystemClock()
    queue = TransferQueue(ledger, clock=clock, tally=Tally(meter()))

    async def alone() -> int:
        async with ledger.unit_of_work() as unit:
            return sum(outcome.result == POSTED for outcome in await post_transfers(unit, [single()], clock=clock))

    def queued(size: int, make: Callable[[], Transfer]) -> Call:
        async def call() -> int:
            outcomes = await queue.post([make() for _ in range(size)])
            return sum(outcome.result == POSTED for outcome in outcomes)

        return call

    def called(size: int) -> Call:
        async def call() -> int:
            request = ledger_pb2.PostTransfersRequest(transfers=[to_message(single()) for _ in range(size)])
            with acting_as(SERVICE):
                outcomes = (await invoke(stub.PostTransfers, request)).outcomes
            return sum(outcome.outcome == POSTED for outcome in outcomes)

        return call

    return [
        Way(what="single, in the database, a transaction each", clients=CLIENTS, call=alone),
        Way(what=SINGLE_QUEUED, clients=CLIENTS, call=queued(1, single)),
        Way(what=HOT, clients=8, call=queued(500, payout)),
        Way(what=SINGLE_CALLED, clients=CLIENTS, call=called(1)),
        Way(what=BATCH_CALLED, clients=8, call=called(200)),
    ]
