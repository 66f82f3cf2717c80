"""Phone credit through a recharge system that fails in every way (RWD-02): paid once, booked once, equal to the fen."""

import asyncio
from datetime import timedelta

import pytest

from svc_reward.worker.placing_clerk import PlacingClerk
from svc_reward.worker.recharge_clerk import RechargeClerk

from .desks import COMPLETED, FAILED, PAYING, Desks, Segment, states_of
from .recharge_system import (
    BUSY,
    FORGES,
    REFUSES,
    SILENT,
    SLOW,
    RechargeSystem,
    order,
    run,
    state_of,
)


async def test_phone_credit_is_paid_and_the_report_equals_the_ledger_and_the_journal(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem, placing: PlacingClerk, segment: Segment
) -> None:
    segment.cities |= {3: "guangzhou"}
    await desks.fund(10_000)
    await desks.grant(3, 700)
    await desks.draw([(1, "credit"), (2, "credit")])
    report = await desks.issue(credits={"credit": 500})
    await placing.step()
    items = await desks.items(report.id)
    for item in items:
        await desks.verify(item.id)
        await desks.complete(item.id, "")
    assert await desks.paid_fen() == (1700, 0)
    assert states_of(await desks.report(report.id)) == {"guangzhou": {"paying": (3, 1700)}}
    assert await clerk.step() == 3
    assert await desks.paid_fen() == (0, 1700)
    assert system.paid() == {f"{item.id}-1": item.amount_fen for item in items}
    assert states_of(await desks.report(report.id)) == {"guangzhou": {"completed": (3, 1700)}}
    assert await clerk.step() == 0
    async with desks.database.read() as unit:
        transfers = await unit.driver.fetch("SELECT id FROM transfer WHERE id LIKE 'fulfil:%' ORDER BY id")
        expense = await unit.driver.fetchval(
            "SELECT amount FROM balance JOIN account ON number = account WHERE kind = 'expense'"
        )
        held = await unit.driver.fetchval(
            "SELECT amount FROM balance JOIN account ON number = account WHERE kind = 'subscriber'"
        )
    assert [row["id"] for row in transfers] == sorted(f"fulfil:{item.id}" for item in items)
    assert (expense, held) == (-1000, 0)


async def test_a_time_out_after_the_payment_is_settled_by_a_query_and_paid_once(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem
) -> None:
    (item,) = await order(desks, SILENT)
    await clerk.step()
    assert await state_of(desks, item) == (PAYING, "RECHARGE_TIMED_OUT")
    assert system.paid() == {f"{item}-1": 500}
    assert await clerk.step() == 0, "a doubt is looked into later, not at once"
    assert await run(desks, clerk, seconds=5) == 1
    assert await state_of(desks, item) == (COMPLETED, "R0000000001")
    assert (system.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))


@pytest.mark.parametrize("subscriber_id", [BUSY, FORGES, SLOW])
async def test_a_busy_forged_or_slow_answer_ends_in_one_payment(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem, subscriber_id: int
) -> None:
    (item,) = await order(desks, subscriber_id)
    await clerk.step()
    state, problem = await state_of(desks, item)
    assert (state, problem) == (
        PAYING,
        {BUSY: "RECHARGE_ANSWERED_503", FORGES: "ANSWER_NOT_SIGNED", SLOW: "RECHARGE_TIMED_OUT"}[subscriber_id],
    )
    await asyncio.sleep(1.2 if subscriber_id == SLOW else 0)
    await run(desks, clerk, seconds=20)
    assert (await state_of(desks, item))[0] == COMPLETED
    assert (system.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))


async def test_a_slow_payment_that_is_asked_for_again_meanwhile_is_one_payment(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem
) -> None:
    (item,) = await order(desks, SLOW)
    # Each step times out after half of the second that the payment takes, with the clock far on in between.
    for _ in range(4):
        await clerk.step()
        desks.clock.at += timedelta(minutes=11)
    await run(desks, clerk, seconds=3)
    assert (await state_of(desks, item))[0] == COMPLETED
    assert (system.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))


async def test_a_refusal_gives_the_money_back_and_can_be_corrected_once(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem, segment: Segment
) -> None:
    (item,) = await order(desks, REFUSES)
    await clerk.step()
    assert await state_of(desks, item) == (FAILED, "NUMBER_CLOSED")
    assert await desks.paid_fen() == (0, 0)
    await desks.again(item, note="has a new number")
    await desks.verify(item)
    await desks.complete(item, "")
    await clerk.step()
    assert await state_of(desks, item) == (FAILED, "NUMBER_CLOSED")
    assert (system.paid(), await desks.paid_fen()) == ({}, (0, 0))
    assert [step.step for step in (await desks.look(item)).steps].count("refuse") == 2


async def test_more_than_the_recharge_system_ever_pays_is_refused_for_good(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem
) -> None:
    (item,) = await order(desks, 7, fen=2_000_000)
    await clerk.step()
    assert await state_of(desks, item) == (FAILED, "AMOUNT_TOO_HIGH")
    assert (system.paid(), await desks.paid_fen()) == ({}, (0, 0))


async def test_who_has_no_number_fails_without_asking(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem, segment: Segment
) -> None:
    segment.numberless.add(8)
    (item,) = await order(desks, 8)
    await clerk.step()
    assert await state_of(desks, item) == (FAILED, "NUMBER_UNKNOWN")
    assert (system.paid(), await desks.paid_fen()) == ({}, (0, 0))
