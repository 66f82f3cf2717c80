"""Phone credit when processes die, people hurry and nothing is set up (RWD-02): paid once, booked once."""

import asyncio
from contextlib import suppress

import pytest

from carillon.reward.v1 import fulfilment_pb2, prize_pb2
from carillon_chassis.database import Database
from carillon_chassis.errors import StateRefused
from carillon_chassis.telemetry import meter
from svc_reward.app.recharge_tally import RechargeTally
from svc_reward.app.settle_recharge import settle_recharge
from svc_reward.domain.recharge import RechargeAnswer, RechargeTask, Verdict
from svc_reward.store.recharge_orders import claim_orders
from svc_reward.worker.placing_clerk import PlacingClerk
from svc_reward.worker.recharge_clerk import LEASE, RechargeClerk
from svc_reward.worker.recharge_peer import RechargePeer
from svc_reward.worker.subscribers import Subscribers

from ..shop import prize  # noqa: TID252 -- tests have no name to import by
from .desks import COMPLETED, FAILED, PAYING, VERIFIED, Desks, Segment
from .recharge_system import (
    RechargeSystem,
    order,
    run,
    start_recharge_system,
    state_of,
)


async def test_a_crash_between_the_payment_and_its_booking_pays_and_books_once(
    desks: Desks, ledger: Database, peer: RechargePeer, clerk: RechargeClerk, system: RechargeSystem
) -> None:
    """The process dies where it hurts most: the money has gone, and nothing of it is written down."""
    (item,) = await order(desks, 7)
    async with ledger.unit_of_work() as unit:
        (task,) = await claim_orders(unit, now=desks.clock.now(), lease=LEASE, limit=10)
    answer = await clerk.ask(task)
    assert answer.verdict is Verdict.PAID
    with suppress(asyncio.CancelledError):
        async with ledger.unit_of_work() as unit:
            await settle_recharge(unit, task, answer, clock=desks.clock)
            raise asyncio.CancelledError
    assert await state_of(desks, item) == (PAYING, "")
    assert await clerk.step() == 0, "nobody takes it up within the lease"
    desks.clock.at += LEASE
    await clerk.step()
    assert await state_of(desks, item) == (COMPLETED, "R0000000001")
    assert (system.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))


async def test_an_answer_told_twice_or_by_two_workers_is_booked_once(desks: Desks, ledger: Database) -> None:
    (item,) = await order(desks, 7)
    async with ledger.unit_of_work() as unit:
        (task,) = await claim_orders(unit, now=desks.clock.now(), lease=LEASE, limit=10)

    async def tell(answer: RechargeAnswer, told: RechargeTask) -> None:
        async with ledger.unit_of_work() as unit:
            await settle_recharge(unit, told, answer, clock=desks.clock)

    paid = RechargeAnswer(verdict=Verdict.PAID, reference="R1")
    late = RechargeAnswer(verdict=Verdict.REFUSED, reason="late")
    await asyncio.gather(*(tell(paid, task) for _ in range(5)))
    await tell(late, task)
    assert await state_of(desks, item) == (COMPLETED, "R1")
    assert await desks.paid_fen() == (0, 500)


async def test_two_people_complete_at_once_and_several_clerks_run_and_one_payment_is_made(
    desks: Desks, ledger: Database, peer: RechargePeer, subscribers: Subscribers, system: RechargeSystem
) -> None:
    items = await order(desks, *range(1, 13), complete=False)
    calls = [desks.complete(item, "") for item in items for _ in range(2)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, fulfilment_pb2.Fulfilment) for answer in answers) == 12
    assert {error.reason for error in answers if isinstance(error, StateRefused)} == {"FULFILMENT_STATE"}
    clerks = [
        RechargeClerk(ledger, payer=peer, numbers=subscribers, clock=desks.clock, tally=RechargeTally(meter()))
        for _ in range(4)
    ]
    assert sum(await asyncio.gather(*(clerk.step() for clerk in clerks))) == 12
    assert system.paid() == {f"{item}-1": 500 for item in items}
    assert await desks.paid_fen() == (0, 6000)


async def test_a_recharge_system_that_is_away_is_waited_for(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem
) -> None:
    (item,) = await order(desks, 7)
    system.stop()
    await run(desks, clerk, seconds=10)
    state, problem = await state_of(desks, item)
    assert (state, problem) == (PAYING, "RECHARGE_AWAY ConnectError")
    again = start_recharge_system(system.journal, port=int(system.url.rsplit(":", 1)[1]))
    try:
        await run(desks, clerk, seconds=30)
    finally:
        again.stop()
    assert (await state_of(desks, item))[0] == COMPLETED
    assert (again.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))


async def test_a_wrong_secret_pays_nothing_and_says_so(
    desks: Desks, ledger: Database, system: RechargeSystem, subscribers: Subscribers
) -> None:
    (item,) = await order(desks, 7)
    wrong = RechargePeer(system.url, b"another secret", timeout_seconds=1)
    await RechargeClerk(
        ledger, payer=wrong, numbers=subscribers, clock=desks.clock, tally=RechargeTally(meter())
    ).step()
    await wrong.close()
    assert await state_of(desks, item) == (PAYING, "RECHARGE_ANSWERED_401")
    assert system.paid() == {}


async def test_a_redemption_of_phone_credit_is_not_cancelled_while_it_is_paid_and_is_fulfilled_with_it(
    desks: Desks, clerk: RechargeClerk, placing: PlacingClerk, segment: Segment
) -> None:
    segment.cities[4] = "guangzhou"
    await desks.shop.stock(prize(code="card", kind=prize_pb2.PRIZE_KIND_PHONE_CREDIT), 5)
    await desks.shop.give(4, 100)
    redemption = await desks.shop.redeem(4, code="card", quantity=2)
    report = await desks.issue(prizes=["card"], credits={"card": 1000})
    await placing.step()
    (item,) = await desks.items(report.id)
    await desks.verify(item.id)
    await desks.complete(item.id, "")
    with pytest.raises(StateRefused) as caught:
        await desks.shop.cancel(redemption.id)
    assert caught.value.reason == "REDEMPTION_PAYING"
    await clerk.step()
    assert (await state_of(desks, item.id))[0] == COMPLETED
    assert await desks.shop.stock_of("card") == (5, 0, 2)
    assert await desks.paid_fen() == (0, 2000)


async def test_what_was_granted_and_taken_back_is_not_paid(
    desks: Desks, placing: PlacingClerk, segment: Segment
) -> None:
    segment.cities[3] = "guangzhou"
    await desks.fund(1000)
    granted = await desks.grant(3, 700)
    report = await desks.issue()
    await placing.step()
    (item,) = await desks.items(report.id)
    await desks.verify(item.id)
    await desks.ledger.reverse(granted)
    with pytest.raises(StateRefused) as caught:
        await desks.complete(item.id, "")
    assert caught.value.reason == "LEDGER_REFUSED"
    assert (await desks.look(item.id)).fulfilment.state == VERIFIED
    assert (await desks.fail(item.id, "the grant was taken back")).state == FAILED


class TestWithoutARechargeSystem:
    @pytest.fixture
    def recharge_url(self) -> str:
        return ""

    async def test_phone_credit_stays_verified_and_says_why(self, desks: Desks) -> None:
        (item,) = await order(desks, 1, complete=False)
        with pytest.raises(StateRefused) as caught:
            await desks.complete(item, "")
        assert caught.value.reason == "RECHARGE_NOT_CONFIGURED"
        view = await desks.look(item)
        assert (view.fulfilment.state, view.problem) == (VERIFIED, "RECHARGE_NOT_CONFIGURED")
        assert await desks.paid_fen() == (0, 0)
