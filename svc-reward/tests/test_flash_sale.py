"""Flash sales as the gateway sees them, under contention, over real gRPC and real PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import asyncpg
import pytest

from carillon.reward.v1 import sale_pb2, sale_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, InvalidInput, NotFound, StateRefused
from carillon_chassis.testing.plugin import Serving
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.expiry import Expiry

from .shop import KEYS, Shop, moment, open_shop
from .test_concurrency import KILL_BACKENDS, assert_sound

HOLD = timedelta(seconds=60)
MISSING = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
# Sales whose claims are not their stock's: there must never be one.
UNSOUND = """
SELECT stock.pool FROM sale JOIN stock ON stock.pool = 'sale:' || sale.id
LEFT JOIN (SELECT sale_id, count(*) FILTER (WHERE state = 'held') AS held, count(*) FILTER (WHERE state = 'paid') AS paid
           FROM claim GROUP BY sale_id) AS claims ON claims.sale_id = sale.id
WHERE reserved <> coalesce(held, 0) OR committed <> coalesce(paid, 0)
"""


@dataclass(frozen=True, slots=True)
class Sales:
    """SaleService as the gateway calls it."""

    stub: "sale_pb2_grpc.SaleServiceStub"
    shop: Shop
    ledger: Database

    async def announce(self, stock: int, **overrides: object) -> str:
        fields: dict[str, object] = {
            "name": "Double eleven",
            "opens_at": moment("2026-11-21T12:00:00"),
            "closes_at": moment("2026-11-21T13:00:00"),
            "hold_seconds": 60,
            "currency": "m_value",
            "price": 5,
        }
        sale = sale_pb2.Sale(**{**fields, **overrides})  # type: ignore[arg-type]  # keywords by name
        request = sale_pb2.CreateSaleRequest(request_id=f"key-{next(KEYS)}", sale=sale, stock=stock)
        return (await invoke(self.stub.CreateSale, request, timeout_seconds=30)).id

    async def claim(self, sale_id: str, subscriber_id: int, *, key: str = "") -> sale_pb2.ClaimOutcome:
        attempt = sale_pb2.Attempt(request_id=key or f"key-{next(KEYS)}", sale_id=sale_id, subscriber_id=subscriber_id)
        answer = await invoke(self.stub.Claim, sale_pb2.ClaimRequest(attempts=[attempt]), timeout_seconds=60)
        return answer.outcomes[0]

    async def pay(self, claim_id: str, *, key: str = "", reference: str = "") -> sale_pb2.SaleClaim:
        request = sale_pb2.PayRequest(request_id=key or f"key-{next(KEYS)}", claim_id=claim_id, reference=reference)
        return (await invoke(self.stub.Pay, request, timeout_seconds=60)).claim

    async def release(self, claim_id: str) -> sale_pb2.SaleClaim:
        request = sale_pb2.ReleaseRequest(request_id=f"key-{next(KEYS)}", claim_id=claim_id)
        return (await invoke(self.stub.Release, request, timeout_seconds=60)).claim

    async def stock(self, sale_id: str) -> tuple[int, int, int]:
        stock = (await invoke(self.stub.GetSale, sale_pb2.GetSaleRequest(id=sale_id))).stock
        return stock.total, stock.reserved, stock.committed

    async def sound(self) -> bool:
        async with self.ledger.read() as unit:
            return await unit.driver.fetch(UNSOUND) == []


@pytest.fixture
async def sales(owned: Database, ledger: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[Sales]:
    """svc-reward at noon, by a clock that the test moves."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        yield Sales(sale_pb2_grpc.SaleServiceStub(channel), open_shop(channel), ledger)
    await service.database.close()


def tally(outcomes: Sequence[sale_pb2.ClaimOutcome]) -> Counter[str]:
    return Counter(outcome.outcome for outcome in outcomes)


async def refusal(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a call of the service
    except DomainError as error:
        return error.reason
    return "DONE"


async def test_fifty_in_stock_and_two_hundred_people_at_once_make_exactly_fifty_claims(sales: Sales) -> None:
    for _ in range(10):
        sale_id = await sales.announce(50)
        outcomes = await asyncio.gather(*(sales.claim(sale_id, person) for person in range(1, 201)))
        assert tally(outcomes) == {"CLAIMED": 50, "SOLD_OUT": 150}
        assert len({outcome.claim_id for outcome in outcomes if outcome.claim_id}) == 50
        assert await sales.stock(sale_id) == (50, 50, 0)
    assert await sales.sound()


async def test_one_person_with_twenty_concurrent_attempts_gets_one(sales: Sales) -> None:
    sale_id = await sales.announce(50)
    outcomes = await asyncio.gather(*(sales.claim(sale_id, 1) for _ in range(20)))
    assert tally(outcomes) == {"CLAIMED": 1, "ALREADY_CLAIMED": 19}
    assert len({outcome.claim_id for outcome in outcomes}) == 1
    assert await sales.stock(sale_id) == (50, 1, 0)


async def test_two_replicas_together_sell_exactly_the_stock(sales: Sales, owned: Database, serving: Serving) -> None:
    sale_id = await sales.announce(50, closes_at=moment("2100-01-01"), opens_at=moment("2020-01-01"))
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    second = build(settings)
    async with serving(second, with_workers=False) as channel:
        other = Sales(sale_pb2_grpc.SaleServiceStub(channel), open_shop(channel), sales.ledger)
        both = [replica.claim(sale_id, person) for person in range(1, 101) for replica in (sales, other)]
        counted = tally(await asyncio.gather(*both))
    await second.database.close()
    assert counted["CLAIMED"] == 50
    assert counted["ALREADY_CLAIMED"] + counted["SOLD_OUT"] == 150
    assert await sales.stock(sale_id) == (50, 50, 0)
    assert await sales.sound()


async def test_a_key_raced_for_on_two_sales_is_one_claim(sales: Sales) -> None:
    first, second = await sales.announce(5), await sales.announce(5)
    races = [sales.claim(sale_id, 1, key="same") for sale_id in (first, second) for _ in range(5)]
    assert tally(await asyncio.gather(*races)) == {"CLAIMED": 5, "IDEMPOTENCY_CONFLICT": 5}
    assert sorted([(await sales.stock(first))[1], (await sales.stock(second))[1]]) == [0, 1]


async def test_a_sale_opens_and_closes_at_its_moment(sales: Sales, clock: FixedClock) -> None:
    sale_id = await sales.announce(5, opens_at=moment("2026-11-21T12:00:01"))
    assert (await sales.claim(sale_id, 1)).outcome == "SALE_NOT_OPEN"
    clock.at += timedelta(seconds=1)
    assert (await sales.claim(sale_id, 1)).outcome == "CLAIMED"
    clock.at += timedelta(hours=1)
    assert (await sales.claim(sale_id, 2)).outcome == "SALE_CLOSED"
    assert (await sales.claim(MISSING, 2)).outcome == "SALE_UNKNOWN"


async def test_points_pay_a_claim_once(sales: Sales) -> None:
    sale_id = await sales.announce(5)
    await sales.shop.give(1, 12, "m_value")
    claim_id = (await sales.claim(sale_id, 1, key="c")).claim_id
    paid = await sales.pay(claim_id, key="p")
    assert paid.state == sale_pb2.CLAIM_STATE_PAID
    assert await sales.pay(claim_id, key="p") == paid
    assert await refusal(sales.pay(claim_id)) == "CLAIM_STATE"
    assert await refusal(sales.release(claim_id)) == "CLAIM_STATE"
    assert await sales.shop.points(1, "m_value") == 7
    assert await sales.stock(sale_id) == (5, 0, 1)
    assert (await sales.claim(sale_id, 1, key="c")).outcome == "CLAIMED"  # the first answer again
    assert (await sales.claim(sale_id, 1)).outcome == "ALREADY_CLAIMED"
    await assert_sound(sales.ledger)


async def test_who_has_too_few_points_keeps_the_hold_until_it_lapses(sales: Sales) -> None:
    sale_id = await sales.announce(5)
    claim_id = (await sales.claim(sale_id, 1)).claim_id
    with pytest.raises(StateRefused) as caught:
        await sales.pay(claim_id)
    assert caught.value.reason == "INSUFFICIENT_POINTS"
    assert await sales.stock(sale_id) == (5, 1, 0)


async def test_a_payment_made_elsewhere_is_confirmed_by_its_reference(sales: Sales) -> None:
    sale_id = await sales.announce(1, currency="", price=0)
    claim_id = (await sales.claim(sale_id, 1)).claim_id
    with pytest.raises(InvalidInput):
        await sales.pay(claim_id)
    assert (await sales.pay(claim_id, reference="pos-17")).reference == "pos-17"
    assert await sales.stock(sale_id) == (1, 0, 1)


async def test_an_unpaid_piece_returns_when_its_hold_ends_and_its_person_may_claim_anew(
    sales: Sales, clock: FixedClock
) -> None:
    sale_id = await sales.announce(1)
    await sales.shop.give(1, 5, "m_value")
    first = await sales.claim(sale_id, 1)
    expiry = Expiry(sales.ledger, clock)
    clock.at += HOLD - timedelta(microseconds=1)
    await expiry.step()
    assert (await sales.claim(sale_id, 2)).outcome == "SOLD_OUT"
    clock.at += timedelta(microseconds=1)
    assert await refusal(sales.pay(first.claim_id)) == "CLAIM_LAPSED"
    await expiry.step()
    await expiry.step()
    assert await sales.stock(sale_id) == (1, 0, 0)
    assert await refusal(sales.pay(first.claim_id)) == "CLAIM_STATE"
    again = await sales.claim(sale_id, 1)
    assert again.outcome == "CLAIMED"
    assert again.claim_id != first.claim_id
    assert await sales.sound()


async def test_a_released_piece_is_sold_to_the_next(sales: Sales) -> None:
    sale_id = await sales.announce(1)
    claim_id = (await sales.claim(sale_id, 1)).claim_id
    assert (await sales.release(claim_id)).state == sale_pb2.CLAIM_STATE_RELEASED
    assert (await sales.claim(sale_id, 2)).outcome == "CLAIMED"
    looked = await invoke(sales.stub.GetClaim, sale_pb2.GetClaimRequest(id=claim_id))
    assert looked.claim.HasField("ended_at")


async def test_paying_releasing_and_lapsing_at_once_end_a_claim_once(sales: Sales, clock: FixedClock) -> None:
    sale_id = await sales.announce(20)
    claims = [(await sales.claim(sale_id, person)).claim_id for person in range(1, 21)]
    for person in range(1, 21):
        await sales.shop.give(person, 5, "m_value")
    racing = [step for claim_id in claims for step in (sales.pay(claim_id), sales.release(claim_id))]
    counted = Counter(await asyncio.gather(*(refusal(step) for step in racing)))
    assert counted == {"DONE": 20, "CLAIM_STATE": 20}
    clock.at += HOLD
    await asyncio.gather(*(Expiry(sales.ledger, clock).step() for _ in range(3)))
    assert await sales.sound()
    await assert_sound(sales.ledger)


async def test_killed_backends_sell_nothing_twice(sales: Sales, owned: Database) -> None:
    sale_id = await sales.announce(300)
    people = count(1)
    done = asyncio.Event()

    async def crowd() -> Counter[str]:
        outcomes = Counter[str]()
        while not done.is_set():
            outcomes[(await sales.claim(sale_id, next(people))).outcome] += 1
        return outcomes

    crowds = [asyncio.ensure_future(crowd()) for _ in range(20)]
    for _ in range(4):
        await asyncio.sleep(0.3)
        async with owned.unit_of_work() as unit:
            await unit.driver.fetchval(KILL_BACKENDS)
    done.set()
    outcomes = sum(await asyncio.gather(*crowds), Counter[str]())
    # A commit whose answer was lost is found again by its key, so what callers heard is what stands.
    assert outcomes["CLAIMED"] == (await sales.stock(sale_id))[1] <= 300
    assert set(outcomes) <= {"CLAIMED", "SOLD_OUT"}
    assert await sales.sound()


async def test_what_is_not_there_is_not_found(sales: Sales) -> None:
    for attempt in (sales.pay(MISSING), sales.release(MISSING)):
        assert await refusal(attempt) == "CLAIM_UNKNOWN"
    with pytest.raises(NotFound):
        await sales.stock(MISSING)


async def test_the_database_itself_refuses_a_second_claim_of_a_person(sales: Sales) -> None:
    sale_id = await sales.announce(5)
    await sales.claim(sale_id, 1)
    copy = """
        INSERT INTO claim SELECT gen_random_uuid(), sale_id, subscriber_id, 'another', state, claimed_at, hold_until,
        ended_at, reference FROM claim
    """
    with pytest.raises(asyncpg.UniqueViolationError):
        async with sales.ledger.unit_of_work() as unit:
            await unit.driver.execute(copy)
