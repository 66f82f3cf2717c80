"""Several at once: one referrer gets a friend, no circle closes, one completion pays, and nobody hears of a deadlock."""

import asyncio

import pytest

from carillon_chassis.errors import StateRefused
from svc_reward.store.referrals import lock_referrals

from .circle import Circle
from .referral_values import NOON

PAID = "SELECT count(*) FROM transfer WHERE id LIKE 'grant:%'"


async def test_of_two_referrers_who_claim_a_friend_at_once_exactly_one_gets_them(circle: Circle) -> None:
    programme = await circle.programme()
    for friend in range(100, 110):
        answers = await asyncio.gather(
            circle.recommend(programme, 1, friend), circle.recommend(programme, 2, friend), return_exceptions=True
        )
        refused = [one for one in answers if isinstance(one, StateRefused)]
        assert [one.reason for one in refused] == ["FRIEND_RECOMMENDED"]
    assert sorted([*await circle.states(1), *await circle.states(2)]) == ["open"] * 10


async def test_two_who_recommend_each_other_at_once_make_no_circle(circle: Circle) -> None:
    programme = await circle.programme()
    for one in range(100, 120, 2):
        answers = await asyncio.gather(
            circle.recommend(programme, one, one + 1),
            circle.recommend(programme, one + 1, one),
            return_exceptions=True,
        )
        assert [error.reason for error in answers if isinstance(error, StateRefused)] == ["REFERRAL_LOOP"]


async def test_twenty_completions_at_once_pay_once(circle: Circle) -> None:
    programme = await circle.programme(event_types=["downloaded"])
    await circle.recommend(programme, 1, 2)
    await circle.activate(2)
    await asyncio.gather(*(circle.does(2, "downloaded") for _ in range(20)))
    assert await circle.held() == {"campaign_budget/friends": 930, "subscriber/1": 50, "subscriber/2": 20}
    async with circle.database.read() as unit:
        assert await unit.driver.fetchval(PAID) == 2


async def test_a_friend_who_accepts_while_the_own_order_comes_in_is_never_lost(circle: Circle) -> None:
    programme = await circle.programme(event_types=[])
    code = await circle.code(programme, 1)
    for friend in range(100, 110):
        await asyncio.gather(circle.accept(code, friend), circle.activate(friend))
    assert await circle.states(1) == ["completed"] * 10
    assert (await circle.held())["subscriber/1"] == 500


async def test_followers_that_pay_the_same_friends_in_opposite_orders_do_not_wait_in_a_ring(circle: Circle) -> None:
    programme = await circle.programme(event_types=["downloaded"], max_friends=20)
    friends = list(range(100, 110))
    for friend in friends:
        await circle.recommend(programme, 1, friend)

    async def batch(order: list[int], *, active: bool) -> None:
        """As a follower does it: one transaction for many facts."""
        async with circle.database.unit_of_work() as unit:
            for friend in order:
                if active:
                    await circle.facts.start(unit, circle.activation(friend), NOON)
                else:
                    await circle.facts.events(unit, circle.deeds(friend, "downloaded"), NOON)

    await asyncio.gather(batch(friends, active=True), batch(friends[::-1], active=False))
    assert await circle.states(1) == ["completed"] * 10
    assert (await circle.held())["subscriber/1"] == 500


async def test_the_same_request_again_is_the_first_answer(circle: Circle) -> None:
    programme = await circle.programme()
    answers = await asyncio.gather(*(circle.recommend(programme, 1, 2, key="once") for _ in range(5)))
    assert len({answer.number for answer in answers}) == 1
    assert await circle.states(1) == ["open"]


async def test_a_fact_of_a_service_that_nobody_recommends_waits_for_nobody(circle: Circle) -> None:
    await circle.programme()
    async with circle.database.unit_of_work() as unit:
        await lock_referrals(unit)
        async with asyncio.timeout(5):
            await circle.activate(2, service="CRBT")
            await circle.does(2, "shared")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await circle.activate(2)
