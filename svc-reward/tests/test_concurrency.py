"""Many callers at once and killed backends: nothing booked twice, no budget overspent, no deadlock heard of."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import asyncpg
import pytest

from carillon.reward.v1.ledger_pb2 import TransferOutcome
from carillon_chassis.clock import Clock, FixedClock, SystemClock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.telemetry import meter
from svc_reward.app.post_transfers import post_batches, post_transfers
from svc_reward.app.tally import Tally
from svc_reward.app.transfer_queue import TransferQueue
from svc_reward.domain.account import issuance_account, subscriber_account
from svc_reward.domain.posting import Outcome
from svc_reward.domain.transfer import Transfer, move
from svc_reward.store.accounts import open_accounts

from .client import ISSUANCE, Client, budget, subscriber, transfer

KILL_BACKENDS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# What every sound ledger answers nothing to: accounts whose balance is not what their entries say.
UNSOUND = """
SELECT balance.account FROM balance LEFT JOIN entry USING (account)
GROUP BY balance.account
HAVING balance.amount <> coalesce(sum(entry.amount), 0) OR balance.entries <> count(entry.account)
    OR coalesce(max(entry.sequence), 0) <> count(entry.account)
"""


async def results(posts: Iterable[Coroutine[Any, Any, Sequence[TransferOutcome]]]) -> Counter[str]:
    """How often each outcome came, over calls that run at once."""
    return Counter(outcome.outcome for outcomes in await asyncio.gather(*posts) for outcome in outcomes)


async def assert_sound(ledger: Database) -> None:
    async with ledger.read() as unit:
        assert await unit.driver.fetch(UNSOUND) == []
        assert await unit.driver.fetchval("SELECT coalesce(sum(amount), 0) FROM entry") == 0


@pytest.fixture
async def funded(client: Client) -> Client:
    """Spring has 50 seeds; subscribers 1 to 9 have empty accounts."""
    await client.open(ISSUANCE, budget("spring"), *(subscriber(n) for n in range(1, 10)))
    await client.post(transfer("fund", (ISSUANCE, -50), (budget("spring"), 50)))
    return client


async def test_of_200_concurrent_spends_of_1_from_50_exactly_50_are_booked(funded: Client, ledger: Database) -> None:
    spends = (transfer(f"spend-{n}", (budget("spring"), -1), (subscriber(n % 9 + 1), 1)) for n in range(200))
    assert await results(funded.post(spend) for spend in spends) == {"POSTED": 50, "INSUFFICIENT_FUNDS": 150}
    assert await funded.balance(budget("spring")) == 0
    await assert_sound(ledger)


async def test_a_transfer_sent_three_times_at_once_is_booked_once(funded: Client, ledger: Database) -> None:
    spends = [transfer(f"spend-{n}", (budget("spring"), -1), (subscriber(n % 9 + 1), 1)) for n in range(40)] * 3
    random.Random(1).shuffle(spends)
    assert await results(funded.post(spend) for spend in spends) == {"POSTED": 40, "REPLAYED": 80}
    assert await funded.balance(budget("spring")) == 10
    await assert_sound(ledger)


async def test_an_id_raced_for_by_different_legs_is_booked_once_and_is_a_conflict_else(
    funded: Client, ledger: Database
) -> None:
    rivals = (transfer("same", (ISSUANCE, -n), (subscriber(n), n)) for n in range(1, 10))
    assert await results(funded.post(rival) for rival in rivals) == {"POSTED": 1, "TRANSFER_CONFLICT": 8}
    await assert_sound(ledger)


async def test_an_id_raced_for_on_other_accounts_by_another_process_is_booked_once(ledger: Database) -> None:
    """The rivals share no account, so only the id itself can keep them apart; the loser's batch is done again."""
    names = [issuance_account("seeds"), issuance_account("m_value")]
    names += [subscriber_account(1, "seeds"), subscriber_account(1, "m_value")]
    clock = SystemClock()
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, names, now=clock.now())

    async def post(currency: str) -> str:
        source, target = issuance_account(currency), subscriber_account(1, currency)
        async with ledger.unit_of_work() as unit:
            rival = move("same", source=source, target=target, amount=1, reason="race")
            (outcome,) = await post_transfers(unit, [rival], clock=clock)
            await asyncio.sleep(0.1)
            return outcome.result

    first, second = await asyncio.gather(post("seeds"), post("m_value"), return_exceptions=True)
    assert {type(first), type(second)} == {str, asyncpg.UniqueViolationError}
    await assert_sound(ledger)


async def test_opposite_transfers_reach_no_caller_as_a_deadlock(ledger: Database) -> None:
    """Straight to the database in separate transactions, where nothing but the order of the locks prevents a ring."""
    first, second = subscriber_account(1, "seeds"), subscriber_account(2, "seeds")
    issuance = issuance_account("seeds")
    clock = SystemClock()
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [issuance, first, second], now=clock.now())
        funds = [move(f"fund-{n}", source=issuance, target=n, amount=100, reason="test") for n in (first, second)]
        await post_transfers(unit, funds, clock=clock)

    async def post(number: int) -> str:
        source, target = (first, second) if number % 2 else (second, first)
        async with ledger.unit_of_work() as unit:
            swing = move(f"swing-{number}", source=source, target=target, amount=1, reason="test")
            return (await post_transfers(unit, [swing], clock=clock))[0].result

    assert Counter(await asyncio.gather(*(post(number) for number in range(200)))) == {"POSTED": 200}
    await assert_sound(ledger)


async def test_batches_in_opposite_order_make_no_ring(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several batches in one transaction the first must not hold what another's second waits for."""
    monkeypatch.setattr("svc_reward.app.post_transfers.MAX_BATCH", 1)
    issuance, clock = issuance_account("seeds"), SystemClock()
    pairs = [(subscriber_account(n, "seeds"), subscriber_account(n + 1, "seeds")) for n in (1, 3)]
    people = [one for pair in pairs for one in pair]
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [issuance, *people], now=clock.now())
        funds = [move(f"fund-{n}", source=issuance, target=n, amount=100, reason="test") for n in people]
        await post_batches(unit, funds, clock=clock)

    async def post(number: int) -> list[str]:
        swings = [
            move(f"swing-{number}-{source}", source=source, target=target, amount=1, reason="test")
            for source, target in (pairs if number % 2 else reversed(pairs))
        ]
        async with ledger.unit_of_work() as unit:
            return [outcome.result for outcome in await post_batches(unit, swings, clock=clock)]

    assert await asyncio.gather(*(post(number) for number in range(60))) == [["POSTED", "POSTED"]] * 60
    await assert_sound(ledger)


async def test_killed_backends_lose_nothing_and_book_nothing_twice(
    funded: Client, ledger: Database, owned: Database
) -> None:
    await funded.post(transfer("more", (ISSUANCE, -100_000), (budget("spring"), 100_000)))
    killing = True

    async def spend(client_number: int) -> Counter[str]:
        outcomes = Counter[str]()
        while killing:
            account = subscriber((client_number + outcomes.total()) % 9 + 1)
            spending = transfer(f"{client_number}-{outcomes.total()}", (budget("spring"), -1), (account, 1))
            (outcome,) = await funded.post(spending)
            outcomes[outcome.outcome] += 1
        return outcomes

    spending = [asyncio.ensure_future(spend(number)) for number in range(8)]
    killed = 0
    for _ in range(6):
        await asyncio.sleep(0.4)
        async with owned.unit_of_work() as unit:
            killed += await unit.driver.fetchval(KILL_BACKENDS)
    killing = False
    outcomes = sum(await asyncio.gather(*spending), Counter[str]())
    assert killed > 0
    # A commit whose answer was lost is found again as REPLAYED.
    assert set(outcomes) <= {"POSTED", "REPLAYED"}
    assert outcomes.total() > 0
    assert await funded.balance(budget("spring")) == 100_050 - outcomes.total()
    await assert_sound(ledger)


async def test_a_caller_who_comes_as_the_queue_empties_is_served(ledger: Database, clock: FixedClock) -> None:
    """Who has the answer asks again in the same step of the loop, when the queue has looked for the last time."""
    queue = TransferQueue(ledger, clock=clock, tally=Tally(meter()))
    source, target = issuance_account("seeds"), subscriber_account(1, "seeds")
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [source, target], now=clock.now())
    async with asyncio.timeout(30):
        for number in range(20):
            (outcome,) = await queue.post([move(f"t-{number}", source=source, target=target, amount=1, reason="test")])
            assert outcome.result == "POSTED"


async def test_the_fault_of_one_batch_is_not_shared_by_those_it_shared_a_transaction_with(
    ledger: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_at_bad(unit: UnitOfWork, batch: Sequence[Transfer | Outcome], *, clock: Clock) -> list[Outcome]:
        outcomes = await post_transfers(unit, batch, clock=clock)
        if any(item.transfer_id == "bad" for item in batch):
            raise ValueError("bad")
        return outcomes

    monkeypatch.setattr("svc_reward.app.transfer_queue.post_transfers", fail_at_bad)
    queue = TransferQueue(ledger, clock=clock, tally=Tally(meter()))
    source, target = issuance_account("seeds"), subscriber_account(1, "seeds")
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [source, target], now=clock.now())
    moves = [move(name, source=source, target=target, amount=1, reason="test") for name in ("a", "bad", "c")]
    first, bad, last = await asyncio.gather(*(queue.post([one]) for one in moves), return_exceptions=True)
    assert isinstance(bad, ValueError)
    assert [outcomes[0].result for outcomes in (first, last) if isinstance(outcomes, list)] == ["POSTED", "POSTED"]
    await assert_sound(ledger)
