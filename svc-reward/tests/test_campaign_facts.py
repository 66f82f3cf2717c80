"""Budgets and grants out of svc-campaign's facts, over a real Watch stream: told twice, too early, too much."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
import pytest
from google.protobuf.message import Message

from carillon.campaign.v1.facts_pb2 import CampaignApproved, Earner, RewardsEarned
from carillon.reward.v1.facts_pb2 import BudgetReached, RewardsGranted, RewardsRefused
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.outbox import tell
from carillon_chassis.server import Service
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.telemetry import meter
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.app.end_lives import end_lives
from svc_reward.app.tally import Tally
from svc_reward.worker.campaign_facts import CampaignFacts

from .client import ISSUANCE, Client, budget, subscriber, transfer
from .conftest import MIGRATIONS, NOON

CONSUMER = "reward.campaign"
WAIT_SECONDS = 20.0
LAST = "SELECT transaction::text::bigint, sequence FROM outbox ORDER BY sequence DESC LIMIT 1"
CURSOR = "SELECT transaction, sequence FROM inbox_cursor WHERE consumer = $1"


def approved(campaign_id: str = "spring", currency: str = "seeds", points: int = 100) -> CampaignApproved:
    return CampaignApproved(campaign_id=campaign_id, currency=currency, budget_points=points)


def earned(
    *subscriber_ids: int, campaign_id: str = "spring", currency: str = "seeds", points: int = 10
) -> RewardsEarned:
    earners = [Earner(subscriber_id=n, order_id=f"order-{n}") for n in subscriber_ids]
    return RewardsEarned(campaign_id=campaign_id, currency=currency, points=points, earners=earners)


@dataclass(frozen=True, slots=True)
class Loop:
    """svc-campaign's outbox, and the ledger that follows it."""

    campaign: Database
    ledger: Database

    async def tell(self, *facts: Message) -> None:
        """Tells the facts, and returns when the ledger has booked them."""
        async with self.campaign.unit_of_work() as unit:
            for fact in facts:
                await tell(unit, fact, occurred_at=NOON)
        async with self.campaign.read() as unit:
            last = await unit.driver.fetchrow(LAST)
        async with asyncio.timeout(WAIT_SECONDS):
            while await self._cursor() != last:
                await asyncio.sleep(0.02)

    async def told(self) -> Sequence[Message]:
        """The facts that the ledger has told, in order."""
        kinds = {kind.DESCRIPTOR.full_name: kind for kind in (BudgetReached, RewardsGranted, RewardsRefused)}
        async with self.ledger.read() as unit:
            rows = await unit.driver.fetch("SELECT type, body FROM outbox ORDER BY sequence")
        return [kinds[row["type"]].FromString(row["body"]) for row in rows]

    async def _cursor(self) -> asyncpg.Record | None:
        async with self.ledger.read() as unit:
            return await unit.driver.fetchrow(CURSOR, CONSUMER)


@pytest.fixture
async def loop(
    ledger: Database, make_database: MakeDatabase, serving: Serving, clock: FixedClock
) -> AsyncIterator[Loop]:
    campaign = await make_database(MIGRATIONS)  # any service's outbox is like any other's
    settings = ServiceSettings(database_url=campaign.url, listen="unix:unused")
    service = Service(settings=settings, name="campaign", database=campaign, servicers=[])
    async with serving(service) as channel:
        handlers = CampaignFacts(clock, Tally(meter())).handlers()
        follower = Follower(ledger, channel, consumer=CONSUMER, handlers=handlers)
        following = asyncio.ensure_future(follower.run())
        yield Loop(campaign=campaign, ledger=ledger)
        following.cancel()


async def test_an_approved_campaign_is_funded_from_issuance(loop: Loop, client: Client) -> None:
    await loop.tell(approved())
    assert [await client.balance(account) for account in (ISSUANCE, budget("spring"))] == [-100, 100]
    assert await loop.told() == []


async def test_earners_are_paid_from_the_budget_and_named_in_a_fact(loop: Loop, client: Client) -> None:
    await loop.tell(approved(), earned(7, 8))
    balances = [await client.balance(account) for account in (budget("spring"), subscriber(7), subscriber(8))]
    assert balances == [80, 10, 10]
    assert await loop.told() == [RewardsGranted(campaign_id="spring", subscriber_ids=[7, 8], points_each=10)]


async def test_facts_told_twice_fund_once_and_pay_once(loop: Loop, client: Client) -> None:
    await loop.tell(approved(), approved(), earned(7, 7, 8))
    await loop.tell(approved(), earned(8, 7, 9))
    assert [await client.balance(subscriber(n)) for n in (7, 8, 9)] == [10, 10, 10]
    assert await client.balance(budget("spring")) == 70
    assert await loop.told() == [
        RewardsGranted(campaign_id="spring", subscriber_ids=[7, 8], points_each=10),
        RewardsGranted(campaign_id="spring", subscriber_ids=[9], points_each=10),
    ]


async def test_a_spent_budget_pays_as_far_as_it_goes_and_tells_who_was_not_paid(loop: Loop, client: Client) -> None:
    await loop.tell(approved(points=25), earned(1, 2, 3, 4))
    assert [await client.balance(subscriber(n)) for n in (1, 2, 3, 4)] == [10, 10, 0, 0]
    assert await client.balance(budget("spring")) == 5
    assert await loop.told() == [
        BudgetReached(campaign_id="spring", currency="seeds", percent=80, funded=25, left=5),
        RewardsGranted(campaign_id="spring", subscriber_ids=[1, 2], points_each=10),
        RewardsRefused(campaign_id="spring", subscriber_ids=[3, 4], reason="INSUFFICIENT_FUNDS"),
    ]
    trial_balance = await client.trial_balance()
    assert (trial_balance.totals[0].sum, trial_balance.transfers, trial_balance.entries) == (0, 3, 6)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (earned(1, 2, campaign_id="nobody"), "ACCOUNT_UNKNOWN"),
        (earned(1, 2, currency="euro"), "CURRENCY_UNKNOWN"),
        (earned(1, 2, currency="m_value"), "ACCOUNT_UNKNOWN"),
        (earned(1, 2, points=0), "AMOUNT_INVALID"),
        (earned(1, 2, campaign_id="a b"), "OWNER_INVALID"),
    ],
)
async def test_a_reward_that_can_not_be_paid_is_told_and_stops_nothing(
    loop: Loop, client: Client, fact: RewardsEarned, reason: str
) -> None:
    await loop.tell(approved(), fact, earned(3))
    assert await client.balance(subscriber(3)) == 10
    assert await loop.told() == [
        RewardsRefused(campaign_id=fact.campaign_id, subscriber_ids=[1, 2], reason=reason),
        RewardsGranted(campaign_id="spring", subscriber_ids=[3], points_each=10),
    ]


async def test_an_earner_who_can_not_be_keeps_nobody_else_from_the_reward(loop: Loop, client: Client) -> None:
    await loop.tell(approved(), earned(1, 0, 2))
    assert [await client.balance(subscriber(n)) for n in (1, 2)] == [10, 10]
    assert await loop.told() == [
        RewardsGranted(campaign_id="spring", subscriber_ids=[1, 2], points_each=10),
        RewardsRefused(campaign_id="spring", subscriber_ids=[0], reason="OWNER_INVALID"),
    ]


async def test_an_earner_whose_life_ended_is_not_paid_and_told_as_such(
    loop: Loop, client: Client, ledger: Database
) -> None:
    async with ledger.unit_of_work() as unit:
        await end_lives(unit, [2], at=NOON)
    await loop.tell(approved(), earned(1, 2, 3))
    assert [await client.balance(subscriber(n)) for n in (1, 3)] == [10, 10]
    assert await client.balance(budget("spring")) == 80
    assert await loop.told() == [
        RewardsGranted(campaign_id="spring", subscriber_ids=[1, 3], points_each=10),
        RewardsRefused(campaign_id="spring", subscriber_ids=[2], reason="LIFE_ENDED"),
    ]


@pytest.mark.parametrize(
    "fact", [approved(campaign_id="bad", currency="euro"), approved(campaign_id="b d"), approved("bad", points=0)]
)
async def test_a_budget_that_can_not_be_funded_pays_nobody_and_stops_nothing(
    loop: Loop, client: Client, fact: CampaignApproved
) -> None:
    await loop.tell(fact, approved(), earned(5))
    assert await client.balance(subscriber(5)) == 10
    assert (await client.trial_balance()).transfers == 2


async def test_a_transfer_that_took_the_grants_id_is_told_as_a_conflict(loop: Loop, client: Client) -> None:
    await loop.tell(approved())
    await client.open(subscriber(7))
    await client.post(transfer("spring:7", (budget("spring"), -1), (subscriber(7), 1)))
    await loop.tell(earned(7))
    assert await loop.told() == [RewardsRefused(campaign_id="spring", subscriber_ids=[7], reason="TRANSFER_CONFLICT")]


async def test_more_earners_than_one_posting_takes_are_all_paid_once(loop: Loop, client: Client) -> None:
    everybody = range(1, 2302)
    await loop.tell(approved(points=10_000_000), earned(*everybody))
    (fact,) = await loop.told()
    assert isinstance(fact, RewardsGranted)
    assert list(fact.subscriber_ids) == list(everybody)
    trial_balance = await client.trial_balance()
    assert trial_balance.totals[0].held_by_subscribers == 23_010


async def test_the_follower_goes_on_after_its_backends_were_killed(loop: Loop, client: Client, owned: Database) -> None:
    await loop.tell(approved(points=10_000))
    for n in range(1, 21):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        async with loop.campaign.unit_of_work() as unit:
            await tell(unit, earned(n), occurred_at=NOON)
    await loop.tell(earned(21))
    assert [await client.balance(subscriber(n)) for n in range(1, 22)] == [10] * 21
    assert (await client.trial_balance()).totals[0].sum == 0
