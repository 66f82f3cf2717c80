"""Rules over the wire: proposed by one, approved by another, and flat rewards in the moment of the order (RWD-22, RWD-23)."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from carillon.reward.v1 import grant_pb2
from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from svc_reward.domain.account import AccountKind

from .grants_desk import AFFILIATE, CHECKER, MAKER, GrantsDesk, offer, points, stamp, state_of


async def test_an_order_earns_the_moment_it_is_active_and_its_rewards_can_be_asked_for(desk: GrantsDesk) -> None:
    number = await desk.rule(services=["CRBT"])
    await desk.order("o-1")
    assert await desk.balance() == 10
    [grant] = (await desk.of_order("o-1")).grants
    assert (state_of(grant), grant.rule, grant.owner, grant.shares) == ("given", number, "7", 1)
    assert grant.rewards[0].currency == "campus_points"
    assert grant.reference == f"grant:{grant.id}"
    assert (await desk.page()).grants == [grant]


async def test_the_same_order_told_twice_earns_once(desk: GrantsDesk) -> None:
    await desk.rule()
    await desk.order("o-1")
    await desk.order("o-1")
    assert await desk.balance() == 10


async def test_two_followers_who_book_the_same_order_at_once_grant_once(desk: GrantsDesk) -> None:
    await desk.rule()
    await asyncio.gather(*(desk.order("o-1") for _ in range(5)))
    assert await desk.balance() == 10


async def test_a_proposed_rule_earns_nobody_anything(desk: GrantsDesk) -> None:
    await desk.propose()
    await desk.order("o-1")
    assert await desk.granted() == []


async def test_a_maker_may_not_approve_the_own_rule(desk: GrantsDesk, owned: Database) -> None:
    rule = await desk.propose()
    with pytest.raises(PermissionRefused) as refused:
        await desk.approve(rule.number, by=MAKER)
    assert refused.value.reason == "MAKER_IS_CHECKER"
    with pytest.raises(asyncpg.CheckViolationError):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute("UPDATE grant_rule SET approved_by = made_by, approved_at = made_at")


async def test_a_rule_never_changes_not_even_for_the_owner_of_the_table(desk: GrantsDesk, owned: Database) -> None:
    await desk.rule()
    with pytest.raises(asyncpg.CheckViolationError, match="never changes"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute("UPDATE grant_rule SET terms = terms || '{\"total_cap\": 5}'")
    with pytest.raises(asyncpg.RestrictViolationError):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute("DELETE FROM reward_grant")


async def test_who_may_not_is_refused(desk: GrantsDesk) -> None:
    for attempt in (desk.propose(by=AFFILIATE), desk.approve(1, by=AFFILIATE), desk.of_order("o-1", by=AFFILIATE)):
        with pytest.raises(PermissionRefused):
            await attempt
    with pytest.raises(PermissionRefused):
        await desk.propose(by=CHECKER)


async def test_an_ended_rule_pays_for_what_was_done_before_and_for_nothing_after(desk: GrantsDesk) -> None:
    number = await desk.rule()
    desk.pass_days(1)
    assert (await desk.end_rule(number)).ended_by == "checker"
    await desk.order("late", at=desk.clock.at - timedelta(hours=1))
    await desk.order("after", at=desk.clock.at)
    assert [grant.order_id for grant in await desk.granted()] == ["late"]
    with pytest.raises(StateRefused) as refused:
        await desk.end_rule(number)
    assert refused.value.reason == "GRANT_RULE_STATE"
    with pytest.raises(StateRefused):
        await desk.approve(number)
    with pytest.raises(NotFound):
        await desk.approve(99)


async def test_a_rule_is_for_its_services_and_its_time(desk: GrantsDesk) -> None:
    await desk.rule(services=["CRBT", "MMS"], valid_to=stamp(datetime(2026, 11, 10, tzinfo=UTC)))
    await desk.order("o-1", service="FETION")
    await desk.order("o-2", at=datetime(2026, 11, 10, tzinfo=UTC))
    await desk.order("o-3", at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    await desk.order("o-4", service="MMS", at=datetime(2026, 11, 9, 23, 59, tzinfo=UTC))
    assert [grant.order_id for grant in await desk.granted()] == ["o-4"]


async def test_points_expire_as_the_rule_says(desk: GrantsDesk) -> None:
    await desk.rule(offer=offer(points(validity="30D")))
    await desk.order("o-1")
    async with desk.database.read() as unit:
        [row] = await unit.driver.fetch("SELECT expires_at FROM lot")
    assert row["expires_at"] == desk.clock.at + timedelta(days=30)


async def test_staff_who_sell_earn_competition_points_and_the_customer_does_not(desk: GrantsDesk) -> None:
    """RWD-10, RWD-44."""
    await desk.rule(payee=grant_pb2.PAYEE_STAFF, offer=offer(points(5, "competition_points")))
    await desk.order("o-1", staff_id="promoter-3")
    await desk.order("o-2")
    await desk.order("o-3", staff_id="not a staff id")
    assert await desk.balance("promoter-3", "competition_points", AccountKind.STAFF) == 5
    assert await desk.granted() == []


@pytest.mark.parametrize(
    ("payee", "currency"),
    [
        (grant_pb2.PAYEE_STAFF, "seeds"),
        (grant_pb2.PAYEE_SUBSCRIBER, "competition_points"),
        (grant_pb2.PAYEE_SELLER, "commission_fen"),
    ],
)
async def test_a_currency_that_is_not_for_the_payee_is_refused(
    desk: GrantsDesk, payee: grant_pb2.Payee.ValueType, currency: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.propose(payee=payee, offer=offer(points(1, currency)))
    assert refused.value.reason == "REWARD_NOT_FOR_OWNER"


async def test_rules_and_grants_come_in_pages(desk: GrantsDesk) -> None:
    for _ in range(3):
        await desk.rule()
    first = await desk.rules(page_size=2)
    rest = await desk.rules(page_size=2, page_token=first.next_page_token)
    assert [rule.number for rule in (*first.rules, *rest.rules)] == [1, 2, 3]
    await desk.order("o-1")
    page = await desk.page(page_size=2)
    rest_of_grants = await desk.page(page_size=2, page_token=page.next_page_token)
    assert len({grant.id for grant in (*page.grants, *rest_of_grants.grants)}) == 3
    with pytest.raises(InvalidInput):
        await desk.page(page_token="bm9uc2Vuc2U")


async def test_commission_and_points_are_two_entries_of_one_order(desk: GrantsDesk) -> None:
    """A-36: a campus that brings an order gets points beside the commission."""
    async with desk.database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO affiliate VALUES ('sysu', 'campus', 'Campus', '', 'maker', now());"
            " INSERT INTO commission_event (id, affiliate_id, kind, service, token, subscriber_id, amount_fen, occurred_at)"
            " VALUES ('order:o-1', 'sysu', 'handling', 'CRBT', '', 7, 1000, now())"
        )
    await desk.rule(payee=grant_pb2.PAYEE_SELLER)
    await desk.order("o-1", affiliate_id="sysu")
    await desk.order("o-2", affiliate_id="nobody")
    rewards = await desk.of_order("o-1")
    assert [(grant.owner, state_of(grant)) for grant in rewards.grants] == [("sysu", "given")]
    assert (rewards.commission.affiliate_id, rewards.commission.outcome) == ("sysu", "")
    assert await desk.balance("sysu", kind=AccountKind.OUTLET) == 10
    assert not (await desk.of_order("o-2")).grants
