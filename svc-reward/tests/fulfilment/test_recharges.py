"""Phone credit through a recharge system that fails in every way (RWD-02): paid once, booked once, equal to the fen."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from carillon.reward.v1 import fulfilment_pb2, prize_pb2
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import StateRefused
from svc_reward.app.settle_recharge import settle_recharge
from svc_reward.domain.recharge import RechargeAnswer, RechargeTask, Verdict
from svc_reward.store.recharge_orders import claim_orders
from svc_reward.worker.placing_clerk import PlacingClerk
from svc_reward.worker.recharge_clerk import LEASE, RechargeClerk
from svc_reward.worker.recharge_peer import RechargePeer
from svc_reward.worker.subscribers import Subscribers

from ..shop import prize  # noqa: TID252 -- tests have no name to import by
from .desks import COMPLETED, FAILED, PAYING, VERIFIED, Desks, Segment, states_of
from .recharge_system import SECRET, RechargeSystem, start_recharge_system

REFUSES, SILENT, BUSY, FORGES, SLOW = 91, 92, 93, 94, 95


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RechargeSystem]:
    running = start_recharge_system(tmp_path / "journal.jsonl")
    yield running
    running.stop()


@pytest.fixture
async def peer(system: RechargeSystem) -> AsyncIterator[RechargePeer]:
    peer = RechargePeer(system.url, SECRET.encode(), timeout_seconds=0.5)
    yield peer
    await peer.close()


@pytest.fixture
def clerk(ledger: Database, peer: RechargePeer, subscribers: Subscribers, clock: FixedClock) -> RechargeClerk:
    return RechargeClerk(ledger, payer=peer, numbers=subscribers, clock=clock)


async def order(desks: Desks, *people: int, fen: int = 500, complete: bool = True) -> list[str]:
    """Items of phone credit for those people, verified and ordered."""
    await desks.draw([(one, "credit") for one in people])
    report = await desks.issue(desks.key(), credits={"credit": fen})
    items = [item.id for item in sorted(await desks.items(report.id), key=lambda item: item.subscriber_id)]
    for item_id in items:
        await desks.verify(item_id)
        if complete:
            assert (await desks.complete(item_id, "")).state == PAYING
    return items


async def run(desks: Desks, clerk: RechargeClerk, *, seconds: int = 600) -> int:
    """Steps of the clerk at one moment a second, for so long; how many recharges were taken up."""
    taken = 0
    for _ in range(seconds):
        taken += await clerk.step()
        desks.clock.at += timedelta(seconds=1)
    return taken


async def state_of(desks: Desks, item_id: str) -> tuple[int, str]:
    view = await desks.look(item_id)
    return view.fulfilment.state, view.fulfilment.reference or view.fulfilment.reason or view.problem


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


async def test_who_has_no_number_fails_without_asking(
    desks: Desks, clerk: RechargeClerk, system: RechargeSystem, segment: Segment
) -> None:
    segment.numberless.add(8)
    (item,) = await order(desks, 8)
    await clerk.step()
    assert await state_of(desks, item) == (FAILED, "NUMBER_UNKNOWN")
    assert (system.paid(), await desks.paid_fen()) == ({}, (0, 0))


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
    clerks = [RechargeClerk(ledger, payer=peer, numbers=subscribers, clock=desks.clock) for _ in range(4)]
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
    await RechargeClerk(ledger, payer=wrong, numbers=subscribers, clock=desks.clock).step()
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
