"""A campaign hears once, in the transaction that reaches it, when 80 % and when all of its budget are spent."""

from collections.abc import Sequence

import pytest

from carillon.reward.v1.facts_pb2 import BudgetReached
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.reverse_transfer import reverse_transfer
from svc_reward.domain.account import budget_account, issuance_account, subscriber_account
from svc_reward.domain.budget import reached_percent
from svc_reward.domain.transfer import Transfer, move
from svc_reward.store.accounts import open_accounts

from .conftest import NOON

BUDGET, FRIEND = budget_account("spring", "seeds"), subscriber_account(1, "seeds")


@pytest.mark.parametrize(
    ("funded", "left", "percent"),
    [(100, 100, 0), (100, 21, 0), (100, 20, 80), (100, 1, 80), (100, 0, 100), (0, 0, 0), (3, 1, 0), (3, 0, 100)],
)
def test_the_highest_share_that_is_spent_counts(funded: int, left: int, percent: int) -> None:
    assert reached_percent(funded=funded, left=left) == percent


@pytest.fixture
async def funded(ledger: Database, clock: FixedClock) -> Database:
    """Spring has 100 seeds."""
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [FRIEND], now=NOON)
        await fund_campaign(unit, campaign_id="spring", currency="seeds", amount=100, clock=clock)
    return ledger


def spend(transfer_id: str, amount: int) -> Transfer:
    return move(transfer_id, source=BUDGET, target=FRIEND, amount=amount, reason="test")


async def post(ledger: Database, clock: FixedClock, *transfers: Transfer) -> None:
    async with ledger.unit_of_work() as unit:
        await post_transfers(unit, transfers, clock=clock)


async def told(ledger: Database) -> Sequence[tuple[int, int, int]]:
    async with ledger.read() as unit:
        rows = await unit.driver.fetch("SELECT body FROM outbox WHERE type LIKE '%BudgetReached' ORDER BY sequence")
    facts = [BudgetReached.FromString(row["body"]) for row in rows]
    assert {(fact.campaign_id, fact.currency) for fact in facts} <= {("spring", "seeds")}
    return [(fact.percent, fact.funded, fact.left) for fact in facts]


async def test_each_share_is_told_once_as_it_is_reached(funded: Database, clock: FixedClock) -> None:
    await post(funded, clock, spend("a", 79))
    assert await told(funded) == []
    await post(funded, clock, spend("b", 1), spend("c", 1))
    await post(funded, clock, spend("d", 1), spend("b", 1))
    assert await told(funded) == [(80, 100, 19)]
    await post(funded, clock, spend("e", 18))
    await post(funded, clock, spend("f", 1))
    assert await told(funded) == [(80, 100, 19), (100, 100, 0)]


async def test_a_budget_spent_at_once_is_told_once_and_a_refusal_is_told_by_nobody(
    funded: Database, clock: FixedClock
) -> None:
    await post(funded, clock, spend("much", 101))
    assert await told(funded) == []
    await post(funded, clock, spend("all", 100))
    assert await told(funded) == [(100, 100, 0)]


async def test_what_is_given_back_does_not_widen_the_budget_and_is_not_told_again(
    funded: Database, clock: FixedClock
) -> None:
    await post(funded, clock, spend("a", 90))
    async with funded.unit_of_work() as unit:
        await reverse_transfer(unit, transfer_id="a", reason="a mistake", clock=clock)
    await post(funded, clock, spend("b", 85))
    assert await told(funded) == [(80, 100, 10)]


async def test_a_wider_budget_counts_in_full(funded: Database, clock: FixedClock) -> None:
    more = move("more", source=issuance_account("seeds"), target=BUDGET, amount=100, reason="more")
    await post(funded, clock, more, spend("a", 159))
    assert await told(funded) == []
    await post(funded, clock, spend("b", 1))
    assert await told(funded) == [(80, 200, 40)]


async def test_nothing_is_told_of_a_transaction_that_came_to_nothing(funded: Database, clock: FixedClock) -> None:
    with pytest.raises(RuntimeError):
        async with funded.unit_of_work() as unit:
            await post_transfers(unit, [spend("a", 90)], clock=clock)
            raise RuntimeError
    assert await told(funded) == []
