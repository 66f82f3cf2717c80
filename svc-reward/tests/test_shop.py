"""The redemption shop as other services see it, over real gRPC and real PostgreSQL."""

import asyncio
from collections import Counter

import asyncpg
import grpc
import pytest

from carillon.reward.v1 import prize_pb2
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, StateRefused

from .shop import NON_MEMBER, ORDINARY, PREMIUM, Shop, moment, open_shop, prize
from .test_concurrency import assert_sound


@pytest.fixture
async def shop(channel: grpc.aio.Channel) -> Shop:
    """Ten dolls for 30 points each; subscriber 1 has 100 points."""
    opened = open_shop(channel)
    await opened.stock(prize(), 10)
    await opened.give(1, 100)
    return opened


async def refusal(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a call of the shop
    except DomainError as error:
        return error.reason
    return "DONE"


async def test_a_redemption_books_points_and_stock_together(shop: Shop, ledger: Database) -> None:
    redemption = await shop.redeem(quantity=2)
    assert (redemption.points, redemption.state) == (60, prize_pb2.REDEMPTION_STATE_BOOKED)
    assert await shop.points(1) == 40
    assert await shop.stock_of() == (10, 2, 0)
    looked = await invoke(shop.stub.GetRedemption, prize_pb2.GetRedemptionRequest(id=redemption.id))
    assert looked.redemption == redemption
    async with ledger.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM transfer WHERE id = $1", f"redeem:{redemption.id}") == 1
    await assert_sound(ledger)


async def test_a_redemption_sent_again_is_the_first_one_and_with_another_body_a_conflict(shop: Shop) -> None:
    first = await shop.redeem(key="k")
    assert await shop.redeem(key="k") == first
    assert await shop.points(1) == 70
    with pytest.raises(Conflict):
        await shop.redeem(key="k", quantity=2)


@pytest.mark.parametrize(
    ("changes", "quantity", "tier", "reason"),
    [
        ({"price": 101}, 1, NON_MEMBER, "INSUFFICIENT_POINTS"),
        ({"price": 51}, 2, NON_MEMBER, "INSUFFICIENT_POINTS"),
        ({"currency": "m_value"}, 1, NON_MEMBER, "INSUFFICIENT_POINTS"),
        ({"price": 1}, 6, NON_MEMBER, "OUT_OF_STOCK"),
        ({"lowest_tier": ORDINARY}, 1, NON_MEMBER, "MEMBERSHIP_REQUIRED"),
        ({"lowest_tier": PREMIUM, "kind": prize_pb2.PRIZE_KIND_MEMBER_GIFT}, 1, ORDINARY, "MEMBERSHIP_REQUIRED"),
        ({"valid_until": moment("2021-01-01")}, 1, PREMIUM, "PRIZE_NOT_VALID"),
        ({"valid_from": moment("2099-01-01")}, 1, PREMIUM, "PRIZE_NOT_VALID"),
    ],
)
async def test_who_may_not_redeem_hears_why_and_nothing_is_booked(
    shop: Shop, changes: dict[str, object], quantity: int, tier: prize_pb2.MemberTier.ValueType, reason: str
) -> None:
    await shop.stock(prize(code="other", **changes), 5)
    with pytest.raises(StateRefused) as caught:
        await shop.redeem(code="other", quantity=quantity, tier=tier)
    assert caught.value.reason == reason
    assert caught.value.detail
    assert await shop.points(1) == 100
    assert await shop.stock_of("other") == (5, 0, 0)


async def test_a_subscriber_without_an_account_has_too_few_points(shop: Shop) -> None:
    assert await refusal(shop.redeem(404)) == "INSUFFICIENT_POINTS"


async def test_a_refused_redemption_may_succeed_later_under_the_same_key(shop: Shop) -> None:
    assert await refusal(shop.redeem(quantity=4, key="k")) == "INSUFFICIENT_POINTS"
    await shop.give(1, 20)
    assert (await shop.redeem(quantity=4, key="k")).points == 120


async def test_a_cancelled_redemption_gives_points_and_stock_back_once(shop: Shop, ledger: Database) -> None:
    redemption = await shop.redeem(quantity=3)
    cancelled = await shop.cancel(redemption.id, key="c")
    assert cancelled.state == prize_pb2.REDEMPTION_STATE_CANCELLED
    assert cancelled.HasField("ended_at")
    assert await shop.cancel(redemption.id, key="c") == cancelled
    assert await refusal(shop.cancel(redemption.id)) == "REDEMPTION_STATE"
    assert await shop.points(1) == 100
    assert await shop.stock_of() == (10, 0, 0)
    await assert_sound(ledger)


async def test_a_cancelled_redemption_gives_points_back_with_the_end_they_had(shop: Shop, ledger: Database) -> None:
    await shop.give(1, 20, validity="30D")
    open_lots = "SELECT sum(remaining)::int AS points, min(expires_at) AS ends FROM lot WHERE remaining > 0"
    async with ledger.read() as unit:
        before = await unit.driver.fetchrow(open_lots)
    redemption = await shop.redeem(quantity=3)
    async with ledger.read() as unit:
        assert await unit.driver.fetchval("SELECT sum(remaining) FROM lot") == 0
    await shop.cancel(redemption.id)
    async with ledger.read() as unit:
        assert await unit.driver.fetchrow(open_lots) == before
    await assert_sound(ledger)


async def test_a_prize_in_the_subscribers_hands_can_not_be_cancelled(shop: Shop) -> None:
    redemption = await shop.redeem()
    assert (await shop.fulfil(redemption.id)).state == prize_pb2.REDEMPTION_STATE_FULFILLED
    with pytest.raises(StateRefused) as caught:
        await shop.cancel(redemption.id)
    assert caught.value.metadata == {"from": "fulfilled", "to": "cancelled"}
    assert await shop.stock_of() == (10, 0, 1)
    assert await shop.points(1) == 70


async def test_twenty_concurrent_cancels_give_back_once(shop: Shop, ledger: Database) -> None:
    redemption = await shop.redeem()
    results = Counter(await asyncio.gather(*(refusal(shop.cancel(redemption.id)) for _ in range(20))))
    assert results == {"DONE": 1, "REDEMPTION_STATE": 19}
    assert await shop.points(1) == 100
    await assert_sound(ledger)


async def test_points_for_one_are_not_spent_twice_by_concurrent_redemptions(shop: Shop, ledger: Database) -> None:
    results = Counter(await asyncio.gather(*(refusal(shop.redeem()) for _ in range(8))))
    assert results == {"DONE": 3, "INSUFFICIENT_POINTS": 5}
    assert (await shop.points(1), await shop.stock_of()) == (10, (10, 3, 0))
    await assert_sound(ledger)


async def test_of_ten_in_stock_forty_people_at_once_get_exactly_ten(shop: Shop, ledger: Database) -> None:
    for subscriber_id in range(2, 42):
        await shop.give(subscriber_id, 30)
    results = Counter(await asyncio.gather(*(refusal(shop.redeem(one)) for one in range(2, 42))))
    assert results == {"DONE": 10, "OUT_OF_STOCK": 30}
    assert await shop.stock_of() == (10, 10, 0)
    await assert_sound(ledger)


async def test_the_catalogue_pages_and_keeps_what_is_sold_out(shop: Shop) -> None:
    for code in ("cup", "hat", "scarf"):
        await shop.stock(prize(code=code), 0)
    first = await invoke(shop.stub.ListPrizes, prize_pb2.ListPrizesRequest(page_size=3))
    rest = prize_pb2.ListPrizesRequest(page_size=3, page_token=first.next_page_token)
    second = await invoke(shop.stub.ListPrizes, rest)
    assert [one.prize.code for one in (*first.prizes, *second.prizes)] == ["cup", "doll", "hat", "scarf"]
    assert second.next_page_token == ""
    with pytest.raises(InvalidInput):
        await invoke(shop.stub.ListPrizes, prize_pb2.ListPrizesRequest(page_token="nonsense"))


async def test_stock_is_added_and_a_code_stands_once(shop: Shop) -> None:
    added = prize_pb2.AddStockRequest(request_id="add", code="doll", quantity=5)
    assert (await invoke(shop.stub.AddStock, added)).prize.stock.total == 15
    assert (await invoke(shop.stub.AddStock, added)).prize.stock.total == 15  # the first answer again
    assert await shop.stock_of() == (15, 0, 0)
    assert await refusal(shop.stock(prize(), 1)) == "PRIZE_EXISTS"
    too_much = prize_pb2.AddStockRequest(request_id="much", code="doll", quantity=1_000_000_000)
    assert await refusal(invoke(shop.stub.AddStock, too_much)) == "STOCK_INVALID"


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        await shop.redeem(code="nothing")
    assert (caught.value.reason, caught.value.field) == ("PRIZE_UNKNOWN", "prize")
    missing = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
    assert await refusal(shop.cancel(missing)) == "REDEMPTION_UNKNOWN"
    assert await refusal(shop.fulfil(missing)) == "REDEMPTION_UNKNOWN"
    assert await refusal(invoke(shop.stub.GetPrize, prize_pb2.GetPrizeRequest(code="nothing"))) == "PRIZE_UNKNOWN"


@pytest.mark.parametrize(
    "change", ["reserved = 11", "committed = 11", "reserved = -1", "total = -1", "reserved = 6, committed = 5"]
)
async def test_the_database_refuses_a_stock_that_is_oversold(shop: Shop, ledger: Database, change: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with ledger.unit_of_work() as unit:
            await unit.driver.execute(f"UPDATE stock SET {change}")  # noqa: S608 -- the test's own words
