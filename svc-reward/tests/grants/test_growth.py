"""Accounts that grow fast are rewarded once a period (RWD-28), and people when a jury says so (RWD-04)."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carillon.reward.v1 import grant_pb2
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from svc_reward.domain.account import issuance_account, subscriber_account
from svc_reward.domain.grant_period import Period
from svc_reward.domain.growth import Growth

from .grants_desk import MAKER, GrantsDesk, offer, points, shape, stamp

FETION = "fetion_points"
MONTH = grant_pb2.GRANT_PERIOD_MONTH
# Midnight in Shanghai is 16:00 UTC.
NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 16, tzinfo=UTC)


async def growth_rule(desk: GrantsDesk, *, least: int = 100, **values: Any) -> int:
    growth = grant_pb2.Growth(currency=FETION, least=least, period=MONTH)
    return await desk.rule(trigger=grant_pb2.GRANT_TRIGGER_GROWTH, growth=growth, **values)


async def earn(desk: GrantsDesk, subscriber_id: int, amount: int, currency: str = FETION) -> None:
    await desk.move(issuance_account(currency), subscriber_account(subscriber_id, currency), amount)


async def test_who_earned_enough_in_the_month_is_rewarded_once_it_is_over(desk: GrantsDesk) -> None:
    await growth_rule(desk)
    await earn(desk, 7, 60)
    await earn(desk, 8, 99)
    await earn(desk, 9, 100, "seeds")
    desk.pass_days(10)
    await earn(desk, 7, 40)
    await desk.spend(7, 90, FETION)
    await desk.lapse()
    assert await desk.granted("7") == []
    desk.clock.at = DECEMBER
    await desk.lapse()
    assert await desk.granted("7") == []
    desk.pass_days(0.01)
    await desk.lapse()
    await desk.lapse()
    assert [await desk.balance(owner) for owner in "789"] == [10, 0, 0]
    [grant] = await desk.granted("7")
    assert (grant.source, grant.occurred_at.ToDatetime(tzinfo=UTC)) == (
        "growth:1:2026-11-01:7",
        DECEMBER.replace(hour=15, minute=59, second=59, microsecond=999999),
    )


async def test_who_grew_more_gets_more_and_the_reward_itself_is_no_growth(desk: GrantsDesk) -> None:
    tiers = [grant_pb2.ShareTier(quantity_from=100, shares=1), grant_pb2.ShareTier(quantity_from=500, shares=3)]
    await growth_rule(desk, shape=shape("TIERED", tiers=tiers, period=MONTH), offer=offer(points(200, FETION)))
    await earn(desk, 7, 499)
    await earn(desk, 8, 500)
    desk.clock.at = DECEMBER
    desk.pass_days(1)
    await desk.lapse()
    assert [await desk.balance(owner, FETION) for owner in "78"] == [699, 1100]
    await earn(desk, 8, 99)
    desk.pass_days(31)
    await desk.lapse()
    assert len(await desk.granted("8")) == 1


async def test_what_was_taken_back_has_not_grown(desk: GrantsDesk) -> None:
    await growth_rule(desk)
    await desk.rule(claw_back_days=7, offer=offer(points(150, FETION)))
    await desk.order("o-1")
    await desk.order("o-2", subscriber_id=8)
    await desk.end("o-1")
    desk.clock.at = DECEMBER
    desk.pass_days(1)
    await desk.lapse()
    assert [len(await desk.granted(owner)) for owner in "78"] == [1, 2]


async def test_two_replicas_and_many_pages_reward_everybody_once(desk: GrantsDesk) -> None:
    await growth_rule(desk, least=1)
    for subscriber_id in range(1, 211):
        await earn(desk, subscriber_id, 1)
    desk.clock.at = DECEMBER
    desk.pass_days(1)
    await asyncio.gather(desk.lapse(), desk.lapse())
    async with desk.database.read() as unit:
        row = await unit.driver.fetchrow("SELECT count(*), count(DISTINCT owner) FROM reward_grant")
        assert await unit.driver.fetchval("SELECT finished FROM growth_run")
    assert row is not None
    assert tuple(row) == (210, 210)


async def test_a_jury_rewards_whom_it_finds_worth_it_once_and_never_the_rules_maker(desk: GrantsDesk) -> None:
    """RWD-04: the judged award."""
    number = await desk.rule(trigger=grant_pb2.GRANT_TRIGGER_JUDGED, total_cap=2)
    assert await desk.award(number, "essay", 7, 8) == ["given", "given"]
    assert await desk.award(number, "essay", 8, 9) == ["given", "refused"]
    assert [await desk.balance(owner) for owner in "789"] == [10, 10, 0]
    with pytest.raises(PermissionRefused) as refused:
        await desk.award(number, "essay", 7, by=MAKER)
    assert refused.value.reason == "MAKER_IS_CHECKER"
    with pytest.raises(InvalidInput):
        await desk.award(number, "an essay", 7)
    with pytest.raises(NotFound):
        await desk.award(99, "essay", 7)
    for other in (await desk.rule(), (await desk.propose(trigger=grant_pb2.GRANT_TRIGGER_JUDGED)).number):
        with pytest.raises(StateRefused) as state:
            await desk.award(other, "essay", 7)
        assert state.value.reason == "GRANT_RULE_STATE"


async def test_a_period_that_ended_outside_the_rules_time_is_not_looked_at(desk: GrantsDesk) -> None:
    await growth_rule(desk, valid_from=stamp(DECEMBER))
    await earn(desk, 7, 100)
    desk.clock.at = DECEMBER
    desk.pass_days(1)
    await desk.lapse()
    assert await desk.granted() == []


@pytest.mark.parametrize(
    "values",
    [
        {"growth": None},
        {"services": ["CRBT"]},
        {"payee": grant_pb2.PAYEE_STAFF, "offer": offer(points(1, "competition_points"))},
        {"trigger": grant_pb2.GRANT_TRIGGER_ORDER},
        {"growth": grant_pb2.Growth(currency="euro", least=1, period=MONTH)},
        {"growth": grant_pb2.Growth(currency=FETION, least=1, period=grant_pb2.GRANT_PERIOD_RULE)},
        {"growth": grant_pb2.Growth(currency=FETION, period=MONTH)},
    ],
)
async def test_a_growth_rule_that_can_not_be_is_refused(desk: GrantsDesk, values: dict[str, Any]) -> None:
    standard: dict[str, Any] = {
        "trigger": grant_pb2.GRANT_TRIGGER_GROWTH,
        "growth": grant_pb2.Growth(currency=FETION, least=1, period=MONTH),
    }
    with pytest.raises(InvalidInput):
        await desk.propose(**(standard | values))


def test_a_month_is_over_ten_minutes_after_its_end_there() -> None:
    growth = Growth(currency=FETION, least=1, period=Period.MONTH)
    zone = ZoneInfo("Asia/Shanghai")
    assert growth.last_finished(datetime(2026, 11, 30, 16, 10, tzinfo=UTC), zone) == (NOVEMBER, DECEMBER)
    assert growth.last_finished(datetime(2026, 11, 30, 16, 9, tzinfo=UTC), zone).end == NOVEMBER
