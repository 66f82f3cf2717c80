"""Conversions, revenue and rewards: each order once, each reward told once, deliveries and grants booked once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from carillon.campaign.v1 import facts_pb2
from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon.reward.v1 import facts_pb2 as reward_facts

from .desk import Desk
from .factories import LAUNCHED_AT
from .test_responses import CLOSES_AT, HOUR, INSTANT, stamp


def an_order(order_id: str = "order-1", *, at: datetime = LAUNCHED_AT + HOUR, **values: Any) -> Any:
    standard: dict[str, Any] = {"subscriber_id": 2, "service": "WIRELESS_MUSIC", "amount_fen": 2999}
    return catalog_facts.OrderActivated(order_id=order_id, activated_at=stamp(at), **(standard | values))


def earned(campaign_id: str, subscriber_id: int, order_id: str, at: datetime = LAUNCHED_AT + HOUR) -> Any:
    earner = facts_pb2.Earner(subscriber_id=subscriber_id, order_id=order_id, at=stamp(at))
    return facts_pb2.RewardsEarned(campaign_id=campaign_id, currency="experience_points", points=50, earners=[earner])


async def test_an_order_converts_once_however_often_it_is_told(desk: Desk) -> None:
    campaign_id = await desk.running()
    for _ in range(3):
        await desk.tell(an_order())
    mens = (await desk.report(campaign_id))["mens"]
    assert (mens.converted, mens.revenue_fen) == (1, 2999)
    assert await desk.told() == [earned(campaign_id, 2, "order-1")]


async def test_more_orders_add_revenue_but_neither_conversions_nor_rewards(desk: Desk) -> None:
    campaign_id = await desk.running()
    for order_id, amount in (("a", 100), ("b", 0), ("c", 250)):
        await desk.tell(an_order(order_id, amount_fen=amount))
    mens = (await desk.report(campaign_id))["mens"]
    assert (mens.converted, mens.revenue_fen) == (1, 350)
    assert await desk.told() == [earned(campaign_id, 2, "a")]


async def test_a_hold_out_converts_without_reward(desk: Desk) -> None:
    campaign_id = await desk.running()
    await desk.tell(an_order(subscriber_id=1))
    holdout = (await desk.report(campaign_id))["holdout"]
    assert (holdout.converted, holdout.revenue_fen, holdout.contacted) == (1, 2999, 0)
    assert await desk.told() == []


async def test_a_campaign_without_rewards_earns_none(desk: Desk) -> None:
    campaign_id = await desk.running(reward=None)
    await desk.tell(an_order())
    assert (await desk.report(campaign_id))["mens"].converted == 1
    assert await desk.told() == []


@pytest.mark.parametrize(
    "values",
    [
        {"service": "MMS"},
        {"subscriber_id": 999},
        {"at": LAUNCHED_AT - INSTANT},
        {"at": CLOSES_AT},
    ],
)
async def test_other_services_strangers_and_other_times_are_no_conversions(desk: Desk, values: dict[str, Any]) -> None:
    campaign_id = await desk.running()
    await desk.tell(an_order(**values))
    assert {arm.converted for arm in (await desk.report(campaign_id)).values()} == {0}
    assert await desk.fetch("SELECT * FROM booked_order") == []


@pytest.mark.parametrize("at", [LAUNCHED_AT, CLOSES_AT - INSTANT])
async def test_the_edges_of_the_window_convert(desk: Desk, at: datetime) -> None:
    campaign_id = await desk.running()
    await desk.tell(an_order(at=at))
    assert (await desk.report(campaign_id))["mens"].converted == 1


async def test_an_order_counts_in_each_campaign_of_its_subscriber(desk: Desk) -> None:
    one = await desk.running()
    other = await desk.running(name="another")
    for _ in range(2):
        await desk.tell(an_order())
    assert [(await desk.report(campaign_id))["mens"].revenue_fen for campaign_id in (one, other)] == [2999, 2999]
    assert sorted(fact.campaign_id for fact in await desk.told()) == sorted([one, other])


async def test_endings_are_booked_once_and_the_first_one_stands(desk: Desk) -> None:
    campaign_id = await desk.running()
    ended = channel_facts.MessagesEnded(
        campaign_id=campaign_id,
        delivered=[2, 3],
        failed=[channel_facts.FailedMessage(subscriber_id=5, reason="EXPIRED")],
    )
    contrary = channel_facts.MessagesEnded(
        campaign_id=campaign_id,
        delivered=[5],
        failed=[channel_facts.FailedMessage(subscriber_id=2, reason="UNDELIVERABLE")] * 2,
    )
    for fact in (ended, ended, contrary):
        await desk.tell(fact)
    progress = (await desk.get(campaign_id)).progress
    assert (progress.delivered, progress.failed) == (2, 1)
    report = await desk.report(campaign_id)
    mens, womens = report["mens"], report["womens"]
    assert (mens.delivered, mens.failed, womens.delivered) == (1, 1, 1)
    (row,) = await desk.fetch("SELECT failure_reason FROM member WHERE subscriber_id = 5")
    assert row["failure_reason"] == "EXPIRED"


async def test_doubts_are_counted_once_a_member(desk: Desk) -> None:
    campaign_id = await desk.running()
    for subscriber_ids in ([2, 3], [3, 6]):
        await desk.tell(channel_facts.MessagesInDoubt(campaign_id=campaign_id, subscriber_ids=subscriber_ids))
    assert (await desk.get(campaign_id)).progress.in_doubt == 3
    report = await desk.report(campaign_id)
    assert (report["mens"].in_doubt, report["womens"].in_doubt) == (1, 2)


async def test_grants_mark_members_as_rewarded_and_refusals_do_not(desk: Desk) -> None:
    campaign_id = await desk.running()
    for _ in range(2):
        await desk.tell(reward_facts.RewardsGranted(campaign_id=campaign_id, subscriber_ids=[2, 3], points_each=50))
        await desk.tell(
            reward_facts.RewardsRefused(campaign_id=campaign_id, subscriber_ids=[5], reason="INSUFFICIENT_FUNDS")
        )
    report = await desk.report(campaign_id)
    assert [report[arm].rewarded for arm in ("holdout", "mens", "womens")] == [0, 1, 1]


async def test_a_campaign_hears_when_80_and_100_percent_of_its_budget_are_spent(desk: Desk) -> None:
    campaign_id = await desk.running()
    currency = (await desk.get(campaign_id)).plan.reward.currency

    async def heard(percent: int, **other: str) -> int:
        told = {"campaign_id": campaign_id, "currency": currency, **other}
        await desk.tell(reward_facts.BudgetReached(percent=percent, funded=1000, left=1000 - 10 * percent, **told))
        return (await desk.get(campaign_id)).progress.budget_percent

    assert (await desk.get(campaign_id)).progress.budget_percent == 0
    # What a rule pays from the campaign's budget in another currency is not the plan's.
    assert await heard(100, currency="seeds") == 0
    assert [await heard(percent) for percent in (80, 100, 100, 80)] == [80, 100, 100, 100]


@pytest.mark.parametrize("unknown", ["00000000-0000-0000-0000-00000000dead", ""])
async def test_facts_of_unknown_campaigns_and_of_none_change_nothing(desk: Desk, unknown: str) -> None:
    campaign_id = await desk.running()
    await desk.tell(channel_facts.MessagesEnded(campaign_id=unknown, delivered=[2]))
    await desk.tell(channel_facts.MessagesInDoubt(campaign_id=unknown, subscriber_ids=[2]))
    await desk.tell(reward_facts.RewardsGranted(campaign_id=unknown, subscriber_ids=[2], points_each=1))
    assert (await desk.get(campaign_id)).progress.delivered == 0


async def test_the_reward_is_told_in_the_transaction_of_the_conversion(desk: Desk) -> None:
    campaign_id = await desk.running()
    with pytest.raises(RuntimeError, match="the process dies"):
        async with desk.database.unit_of_work() as unit:
            await desk.handlers.order(unit, an_order(), LAUNCHED_AT + timedelta(hours=2))
            raise RuntimeError("the process dies")
    assert await desk.told() == []
    assert (await desk.report(campaign_id))["mens"].converted == 0
    await desk.tell(an_order())
    assert len(await desk.told()) == 1
