"""Shapes that count, caps, rules in a sequence and budgets, over the service and PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from carillon.reward.v1 import grant_pb2
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.errors import InvalidInput, NotFound, StateRefused

from .grants_desk import GrantsDesk, offer, points, shape, stamp, state_of

DAY, MONTH = grant_pb2.GRANT_PERIOD_DAY, grant_pb2.GRANT_PERIOD_MONTH


async def test_points_per_spend_are_whole_steps(desk: GrantsDesk) -> None:
    """As premium members earn music points by what they buy (RWD-29), and others experience points (RWD-25)."""
    await desk.rule(shape=shape("PER_SPEND", step_fen=100), offer=offer(points(2)))
    await desk.order("o-1", amount_fen=1999)
    await desk.order("o-2", amount_fen=99)
    assert await desk.balance() == 38
    assert [grant.order_id for grant in await desk.granted()] == ["o-1"]


async def test_send_2_get_1_counts_over_the_month_and_begins_anew_with_the_next(desk: GrantsDesk) -> None:
    """RWD-40."""
    tiers = [grant_pb2.ShareTier(per=2, shares=1), grant_pb2.ShareTier(quantity_from=10, per=2, shares=2)]
    await desk.event_rule("mms_sent", shape=shape("TIERED", tiers=tiers, period=MONTH), offer=offer(points(1)))
    for quantity, expected in ((1, 0), (1, 1), (7, 4), (1, 10)):
        desk.pass_days(0.1)
        await desk.did("mms_sent", quantity=str(quantity))
        assert await desk.balance() == expected
    desk.pass_days(30)
    await desk.did("mms_sent", quantity="2")
    assert await desk.balance() == 11


async def test_who_uses_more_services_more_often_reaches_the_next_tier(desk: GrantsDesk) -> None:
    """RWD-20."""
    tiers = [
        grant_pb2.ShareTier(services_from=2, shares=1),
        grant_pb2.ShareTier(services_from=2, uses_from=4, shares=3),
    ]
    await desk.event_rule("used", shape=shape("TIERED", tiers=tiers, period=MONTH))
    for number, (service, expected) in enumerate((("A", 0), ("A", 0), ("B", 10), ("B", 30), ("C", 30))):
        await desk.did("used", service=service, at=desk.clock.at + timedelta(minutes=number))
        assert await desk.balance() == expected


async def test_three_days_in_a_row_earn_and_a_late_day_joins_them(desk: GrantsDesk) -> None:
    """RWD-26: what fills the gap comes last."""
    await desk.event_rule("used", shape=shape("STREAK", streak=3, period=DAY))
    for day in (1, 3, 4, 6, 7):
        await desk.did("used", at=datetime(2026, 11, day, 4, tzinfo=UTC))
    assert await desk.balance() == 0
    await desk.did("used", at=datetime(2026, 11, 5, 4, tzinfo=UTC))
    assert await desk.balance() == 10
    await desk.did("used", at=datetime(2026, 11, 2, 4, tzinfo=UTC))
    assert await desk.balance() == 20


async def test_who_used_it_before_the_rule_is_no_first_user(desk: GrantsDesk) -> None:
    await desk.did("mms_sent", at=datetime(2025, 6, 1, tzinfo=UTC))
    await desk.event_rule("mms_sent", shape=shape("FIRST"))
    await desk.did("mms_sent")
    await desk.did("mms_sent", subscriber_id=8)
    assert [await desk.balance("7"), await desk.balance("8")] == [0, 10]


async def test_two_first_events_at_once_make_one_first_user(desk: GrantsDesk) -> None:
    await desk.event_rule("mms_sent", shape=shape("FIRST"))
    await asyncio.gather(*(desk.did("mms_sent", at=desk.clock.at + timedelta(seconds=number)) for number in range(6)))
    assert await desk.balance() == 10
    assert len(await desk.granted()) == 1


async def test_two_first_events_of_one_batch_make_one_first_user(desk: GrantsDesk) -> None:
    await desk.event_rule("mms_sent", shape=shape("FIRST"))
    first = segment_facts.RecordedEvent(subscriber_id=7, type="mms_sent", at=stamp(desk.clock.at))
    second = segment_facts.RecordedEvent(
        subscriber_id=7, type="mms_sent", at=stamp(desk.clock.at), attributes={"n": "2"}
    )
    await desk.events(first, second, first)
    assert await desk.balance() == 10


async def test_caps_hold_when_everybody_comes_at_once(desk: GrantsDesk) -> None:
    await desk.rule(owner_cap=2, total_cap=5)
    await asyncio.gather(
        *(desk.order(f"o-{owner}-{number}", subscriber_id=owner) for owner in (1, 2, 3) for number in range(4))
    )
    balances = [await desk.balance(str(owner)) for owner in (1, 2, 3)]
    assert sum(balances) == 50
    assert max(balances) == 20
    reasons = {grant.reason for owner in "123" for grant in await desk.granted(owner)}
    assert reasons == {"", "OWNER_CAP", "TOTAL_CAP"}


async def test_a_cap_of_the_day_is_free_again_on_the_next(desk: GrantsDesk) -> None:
    await desk.rule(owner_cap=1, cap_period=DAY)
    await desk.order("o-1")
    await desk.order("o-2")
    desk.pass_days(1)
    await desk.order("o-3")
    assert await desk.states() == [("given", ""), ("refused", "OWNER_CAP"), ("given", "")]


async def test_a_budget_pays_as_far_as_it_goes_and_an_operator_tries_the_rest_again(desk: GrantsDesk) -> None:
    await desk.rule(offer=offer(points(campaign_id="spring")))
    await desk.order("o-0")
    await desk.fund("spring", 15)
    await desk.order("o-1")
    await desk.order("o-2")
    assert await desk.states() == [
        ("refused", "ACCOUNT_UNKNOWN"),
        ("given", ""),
        ("refused", "INSUFFICIENT_FUNDS"),
    ]
    again = (await desk.granted())[0].id
    assert (await desk.retry(again)).reason == "INSUFFICIENT_FUNDS"
    await desk.fund_more("spring", 100)
    assert state_of(await desk.retry(again)) == "given"
    assert await desk.balance() == 20
    with pytest.raises(StateRefused) as refused:
        await desk.retry(again)
    assert refused.value.reason == "GRANT_STATE"


async def test_a_batch_is_paid_in_order_as_far_as_the_budget_goes_and_what_is_told_twice_once(desk: GrantsDesk) -> None:
    await desk.fund("spring", 25)
    await desk.event_rule("used", offer=offer(points(campaign_id="spring")))
    told = [segment_facts.RecordedEvent(subscriber_id=n, type="used", at=stamp(desk.clock.at)) for n in (1, 2, 1, 3)]
    await desk.events(*told)
    await desk.events(*told)
    assert [await desk.states(owner) for owner in "123"] == [
        [("given", "")],
        [("given", "")],
        [("refused", "INSUFFICIENT_FUNDS")],
    ]
    async with desk.database.read() as unit:
        assert await unit.driver.fetchval("SELECT shares FROM grant_rule_use") == 2


async def test_a_batch_of_a_plain_and_a_counting_rule_comes_to_the_same(desk: GrantsDesk) -> None:
    await desk.event_rule("used")
    await desk.event_rule("used", shape=shape("STREAK", streak=2, period=DAY), offer=offer(points(1)))
    told = [
        segment_facts.RecordedEvent(subscriber_id=7, type="used", at=stamp(desk.clock.at + timedelta(days=day)))
        for day in range(4)
    ]
    await desk.events(*told)
    assert await desk.balance() == 42


async def test_all_that_an_empty_budget_refused_is_found_and_tried_again_in_pages(desk: GrantsDesk) -> None:
    number = await desk.rule(
        offer=offer(points(campaign_id="spring"), extras=[points(1, "seeds", campaign_id="spring")])
    )
    for order in range(5):
        await desk.order(f"o-{order}", subscriber_id=order + 1)
    page = await desk.refusals(number, page_size=6)
    rest = await desk.refusals(number, page_size=6, page_token=page.next_page_token)
    assert len({grant.id for grant in (*page.grants, *rest.grants)}) == 10
    assert {grant.reason for grant in page.grants} == {"ACCOUNT_UNKNOWN"}
    await desk.fund("spring", 30)
    answer = await desk.retry_all(number)
    assert (answer.tried, answer.given, answer.next_page_token) == (10, 3, "")
    assert sum([await desk.balance(str(owner)) for owner in range(1, 6)]) == 30
    assert {grant.reason for grant in (await desk.refusals(number)).grants} == {"ACCOUNT_UNKNOWN", "INSUFFICIENT_FUNDS"}
    with pytest.raises(NotFound):
        await desk.retry_all(99)
    with pytest.raises(InvalidInput):
        await desk.refusals(number, page_token="bm9uc2Vuc2U")


async def test_a_budget_of_another_currency_pays_nothing(desk: GrantsDesk) -> None:
    """A-23."""
    await desk.fund("spring", 1000, "seeds")
    await desk.rule(offer=offer(points(campaign_id="spring")))
    await desk.order("o-1")
    assert await desk.states() == [("refused", "ACCOUNT_UNKNOWN")]


async def test_a_retry_does_not_pass_by_a_cap(desk: GrantsDesk) -> None:
    await desk.rule(owner_cap=1, offer=offer(points(campaign_id="spring")))
    await desk.order("o-1")
    await desk.fund("spring", 100)
    await desk.order("o-2")
    refused, given = await desk.granted()
    assert (refused.reason, state_of(given)) == ("ACCOUNT_UNKNOWN", "given")
    assert (await desk.retry(refused.id)).reason == "OWNER_CAP"
    assert await desk.balance() == 10


async def test_first_the_experience_then_the_feedback(desk: GrantsDesk) -> None:
    """RWD-45: feedback that comes before what it is about waits, whichever follower is faster."""
    experience = await desk.rule(services=["CRBT"])
    await desk.event_rule("feedback", requires_rule=experience, offer=offer(points(3)))
    desk.pass_days(1)
    await desk.did("feedback")
    assert await desk.states() == [("waiting", "REQUIRED_RULE")]
    await desk.order("o-1", at=desk.clock.at - timedelta(hours=1))
    assert await desk.balance() == 13
    await desk.did("feedback", subscriber_id=8)
    await desk.order("o-2", subscriber_id=8, at=desk.clock.at + timedelta(hours=1))
    assert await desk.states("8") == [("waiting", "REQUIRED_RULE"), ("given", "")]


async def test_a_required_rule_has_to_be_there_and_pay_the_same(desk: GrantsDesk) -> None:
    with pytest.raises(NotFound) as unknown:
        await desk.propose(requires_rule=99)
    assert unknown.value.reason == "GRANT_RULE_UNKNOWN"
    first = await desk.rule()
    with pytest.raises(InvalidInput) as refused:
        await desk.propose(
            requires_rule=first, payee=grant_pb2.PAYEE_STAFF, offer=offer(points(1, "competition_points"))
        )
    assert refused.value.reason == "REQUIRED_RULE_INVALID"


async def test_an_order_that_ends_soon_gives_back_what_it_earned(desk: GrantsDesk) -> None:
    await desk.rule(claw_back_days=7)
    await desk.rule(claw_back_days=2)
    await desk.rule(offer=offer(points(1)))
    await desk.order("o-1")
    desk.pass_days(3)
    await desk.end("o-1")
    await desk.end("o-1")
    assert await desk.balance() == 11
    assert await desk.states() == [("reversed", "ORDER_TAKEN_BACK"), ("given", ""), ("given", "")]


async def test_an_end_that_is_told_before_the_order_leaves_nothing_to_take_back(desk: GrantsDesk) -> None:
    await desk.rule(claw_back_days=7)
    await desk.rule()
    await desk.end("o-1", at=desk.clock.at + timedelta(days=1))
    await desk.order("o-1")
    assert await desk.states() == [("forfeited", "ORDER_TAKEN_BACK"), ("given", "")]


async def test_points_that_are_spent_stay_and_say_so_until_an_operator_tries_again(desk: GrantsDesk) -> None:
    await desk.rule(claw_back_days=7)
    await desk.order("o-1")
    await desk.spend(7, 10)
    await desk.end("o-1")
    assert await desk.states() == [("given", "TAKE_BACK_INSUFFICIENT_FUNDS")]
    [grant] = await desk.granted()
    await desk.order("o-2")
    assert state_of(await desk.retry(grant.id)) == "reversed"
    assert await desk.balance() == 0
