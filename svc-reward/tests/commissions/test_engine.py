"""Policies by two people, pricing, locking, refunds and continued use, over gRPC and PostgreSQL."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import asyncpg
import pytest

from carillon.reward.v1 import commission_pb2
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from svc_reward.domain.commission_line import TRANSITIONS, LineState

from .desk import CHECKER, COMMISSIONS, KINDS, MAKER, OTHER_MAKER, POCO, Desk, stamp


async def test_a_policy_pays_only_after_another_person_has_approved_it(desk: Desk) -> None:
    await desk.register()
    policy = await desk.propose()
    with pytest.raises(PermissionRefused) as refusal:
        await desk.approve(policy.number, by=MAKER)
    assert refusal.value.reason == "MAKER_IS_CHECKER"
    await desk.order("o-1")
    await desk.price()
    assert await desk.outcomes() == [("NO_POLICY", 0)]
    assert (await desk.approve(policy.number, by=OTHER_MAKER)).approved_by == "other-maker"
    with pytest.raises(StateRefused):
        await desk.approve(policy.number, by=CHECKER)
    await desk.order("o-2")
    await desk.price()
    assert await desk.outcomes() == [("NO_POLICY", 0), ("PRICED", 100)]
    with pytest.raises(NotFound):
        await desk.approve(policy.number + 1)
    for call in (desk.propose(by=POCO), desk.propose(by=CHECKER), desk.approve(policy.number, by=POCO)):
        with pytest.raises(PermissionRefused):
            await call


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE commission_policy SET approved_by = 'maker', approved_at = now() WHERE number = $1",
        "UPDATE commission_policy SET made_by = 'x' WHERE number = $1",
        "UPDATE commission_policy SET flat_fen = '{1}' WHERE number = $1",
        "DELETE FROM commission_policy WHERE number = $1",
    ],
)
async def test_the_database_itself_lets_nobody_approve_the_own_policy_nor_change_one(
    desk: Desk, statement: str
) -> None:
    policy = await desk.propose()
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
        async with desk.database.unit_of_work() as unit:
            await unit.driver.execute(statement, policy.number)


async def test_a_policy_beyond_the_matrix_has_to_say_so(desk: Desk) -> None:
    await desk.register("blogger", "individual")
    with pytest.raises(InvalidInput) as refusal:
        await desk.propose(affiliate_kind=KINDS["individual"])
    assert refusal.value.reason == "NOT_STATED"
    await desk.order("o-1", "blogger")
    await desk.price()
    await desk.policy(affiliate_kind=KINDS["individual"], beyond_matrix=True)
    await desk.order("o-2", "blogger")
    await desk.price()
    assert await desk.outcomes("blogger") == [("NOT_STATED", 0), ("PRICED", 100)]


async def test_a_policy_for_one_affiliate_fits_its_kind(desk: Desk) -> None:
    await desk.register()
    with pytest.raises(NotFound):
        await desk.propose(affiliate_id="nobody")
    with pytest.raises(InvalidInput) as refusal:
        await desk.propose(affiliate_id="poco", affiliate_kind=KINDS["search"])
    assert refusal.value.reason == "POLICY_INVALID"


async def test_all_three_commissions_of_a_website_stand_in_one_statement(desk: Desk) -> None:
    await desk.register()
    for kind, fen in (("ad_click", 1), ("experience", 20), ("handling", 300)):
        await desk.policy(commission_kind=COMMISSIONS[kind], tiers=[commission_pb2.Tier(volume_from=1, flat_fen=fen)])
    token = await desk.link()
    for visitor in range(10):
        await desk.click(token, f"v-{visitor}")
    await desk.experience("e-1", "e-2")
    await desk.order("o-1")
    await desk.price()
    answer = await desk.statement()
    kinds = {total.kind: (total.lines, total.amount_fen) for total in answer.statement.totals}
    assert kinds == {1: (10, 10), 2: (2, 40), 3: (1, 300)}
    assert {line.state for line in answer.lines} == {commission_pb2.LINE_STATE_ESTIMATED}
    assert sum(line.amount_fen for line in answer.lines) == 350
    assert answer.ledger == commission_pb2.LedgerPosition()


async def test_a_line_locks_when_its_holding_days_are_over_and_then_stands_in_the_ledger(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    await desk.order("o-1")
    await desk.order("o-2")
    await desk.price()
    desk.pass_days(6.999)
    assert await desk.lock() == 0
    desk.pass_days(0.001)
    assert await desk.lock() == 2
    assert await desk.lock() == 0
    answer = await desk.statement()
    assert {line.state for line in answer.lines} == {commission_pb2.LINE_STATE_LOCKED}
    assert answer.ledger == commission_pb2.LedgerPosition(earned_fen=200)
    proof = await desk.proof()
    assert (proof.affiliates, proof.lines, list(proof.differing)) == (1, 2, [])


async def test_a_refund_before_the_lock_voids_and_leaves_nothing_in_the_ledger(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    for number in range(3):
        await desk.order(f"o-{number}")
    assert await desk.refund("o-0") == (0, 0)
    await desk.price()
    assert await desk.refund("o-1") == (1, 0)
    assert await desk.refund("o-1") == (0, 0)
    assert await desk.outcomes() == [("REFUNDED", 0), ("PRICED", 100), ("PRICED", 100)]
    desk.pass_days(7)
    assert await desk.lock() == 1
    assert await desk.totals() == {"void": 100, "locked": 100}
    assert (await desk.statement()).ledger.earned_fen == 100
    assert list((await desk.proof()).differing) == []


async def test_a_refund_that_comes_before_its_order_is_not_forgotten(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    assert await desk.refund("o-1") == (0, 0)
    await desk.order("o-1")
    assert await desk.price() == 0
    assert await desk.outcomes() == [("REFUNDED", 0)]
    with pytest.raises(PermissionRefused):
        await desk.refund("o-1", by=POCO)


async def test_a_refund_after_the_lock_makes_one_negative_line_however_often_and_at_once(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    await desk.order("o-1")
    await desk.price()
    desk.pass_days(7)
    await desk.lock()
    answers = await asyncio.gather(*(desk.refund("o-1") for _ in range(6)))
    assert sorted(answers) == [(0, 0)] * 5 + [(0, 1)]
    answer = await desk.statement()
    assert [line.amount_fen for line in answer.lines] == [100, -100]
    assert answer.ledger == commission_pb2.LedgerPosition(earned_fen=100, owed_fen=100)
    assert list((await desk.proof()).differing) == []


async def test_who_stops_using_a_service_stops_what_is_paid_for_use(desk: Desk) -> None:
    await desk.register("campus-1", "campus", by=MAKER)
    tiers = [commission_pb2.Tier(volume_from=1, use_months=months, flat_fen=50) for months in (0, 1, 2)]
    await desk.policy(affiliate_kind=KINDS["campus"], tiers=tiers)
    await desk.order("o-1", "campus-1", subscriber_id=1)
    await desk.order("o-2", "campus-1", subscriber_id=2)
    await desk.price()
    desk.pass_days(40)
    await desk.end(1)
    await desk.end(3)
    await desk.order("o-3", "campus-1", subscriber_id=2)
    await desk.end(2)
    await desk.price()
    totals = {month: await desk.totals(month, "campus-1") for month in ("2026-11", "2026-12", "2027-01", "2027-02")}
    assert totals == {
        "2026-11": {"estimated": 100},
        "2026-12": {"estimated": 150},
        "2027-01": {"void": 100},
        "2027-02": {},
    }


async def test_many_pricing_at_once_price_each_event_once_and_keep_the_tiers(desk: Desk) -> None:
    await desk.register()
    tiers = [commission_pb2.Tier(volume_from=1, flat_fen=10), commission_pb2.Tier(volume_from=51, flat_fen=20)]
    await desk.policy(tiers=tiers)
    for number in range(120):
        await desk.order(f"o-{number}")
    assert sum(await asyncio.gather(*(desk.price() for _ in range(4)))) == 120
    assert await desk.totals() == {"estimated": 50 * 10 + 70 * 20}


async def test_a_dated_policy_pays_what_held_when_the_event_occurred(desk: Desk) -> None:
    await desk.register()
    await desk.policy(valid_to=stamp(datetime(2026, 11, 3, tzinfo=UTC)))
    await desk.policy(
        valid_from=stamp(datetime(2026, 11, 3, tzinfo=UTC)),
        tiers=[commission_pb2.Tier(volume_from=1, flat_fen=7)],
    )
    await desk.order("o-1")
    desk.pass_days(1)
    await desk.order("o-2")
    await desk.price()
    assert [fen for _, fen in await desk.outcomes()] == [100, 7]


async def test_the_database_moves_a_line_as_the_domains_table_does_and_no_other_way(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    await desk.order("o-1")
    await desk.price()
    stored = [LineState.ESTIMATED, LineState.LOCKED, LineState.VOID]
    moved: set[tuple[LineState, LineState]] = set()
    for before in stored:
        for after in stored:
            with suppress(asyncpg.CheckViolationError, RuntimeError):
                async with desk.database.unit_of_work() as unit:
                    await unit.driver.execute("UPDATE commission_line SET state = $1", str(before))
                    await unit.driver.execute("UPDATE commission_line SET state = $1", str(after))
                    moved.add((before, after))
                    raise RuntimeError("undo")
    same = {(state, state) for state in stored}
    assert moved - same == {(before, after) for before in stored for after in TRANSITIONS[before] if after in stored}
