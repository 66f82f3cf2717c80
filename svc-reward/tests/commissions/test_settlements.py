"""Settlement runs: gathered once, checked by another person, filed and paid once (RWD-27, QGV-20)."""

import asyncio
import hashlib
import uuid
from contextlib import suppress

import asyncpg
import pytest

from carillon.reward.v1 import commission_pb2, settlement_pb2
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused

from .desk import AUDITOR, CHECKER, KINDS, MAKER, OTHER_MAKER, POCO, Desk


@pytest.fixture
async def due(desk: Desk) -> Desk:
    """Two websites and a hall with 300, 200 and 100 fen locked, due in November 2026."""
    await desk.policy()
    await desk.policy(affiliate_kind=KINDS["hall"])
    for affiliate_id, kind, orders in (("poco", "website", 3), ("Zine", "website", 2), ("hall-1", "hall", 1)):
        await desk.register(affiliate_id, kind, by=MAKER)
        for number in range(orders):
            await desk.order(f"{affiliate_id}-{number}", affiliate_id)
    await desk.price()
    desk.pass_days(7)
    await desk.lock()
    return desk


async def test_a_run_goes_from_its_maker_over_another_person_to_the_bank(due: Desk) -> None:
    run = await due.settle()
    assert (run.period, run.state, run.affiliates, run.lines, run.net_fen) == ("2026-11", 1, 3, 6, 600)
    assert await due.totals(affiliate_id="poco") == {"locked": 300}
    approved = await due.approve_run(run.id)
    assert (approved.state, approved.made_by, approved.checked_by) == (2, "maker", "checker")
    assert await due.totals(affiliate_id="poco") == {"payable": 300}
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(payable_fen=300)
    paid = await due.pay_run(run.id)
    assert (paid.state, paid.paid_by) == (settlement_pb2.SETTLEMENT_STATE_PAID, "maker")
    assert await due.totals(affiliate_id="poco") == {"paid": 300}
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(paid_fen=300)
    proof = await due.proof()
    assert (proof.affiliates, proof.lines, list(proof.differing)) == (3, 6, [])


async def test_the_file_has_the_same_bytes_every_time_and_its_hash_is_kept(due: Desk) -> None:
    run = await due.settle()
    with pytest.raises(StateRefused) as refusal:
        await due.file(run.id)
    assert refusal.value.reason == "SETTLEMENT_STATE"
    await due.approve_run(run.id)
    first = await due.file(run.id)
    await due.pay_run(run.id)
    assert await due.file(run.id, by=AUDITOR) == first
    assert hashlib.sha256(first).hexdigest() == run.file_sha256
    assert first.decode().splitlines() == [
        "settlement_id,period,affiliate_id,kind,lines,gross_fen,deducted_fen,net_fen",
        f"{run.id},2026-11,Zine,website,2,200,0,200",
        f"{run.id},2026-11,hall-1,hall,1,100,0,100",
        f"{run.id},2026-11,poco,website,3,300,0,300",
    ]
    with pytest.raises(PermissionRefused):
        await due.file(run.id, by=POCO)


async def test_nobody_approves_or_rejects_the_own_run(due: Desk) -> None:
    run = await due.settle()
    for call in (due.approve_run(run.id, by=MAKER), due.reject_run(run.id, by=MAKER)):
        with pytest.raises(PermissionRefused) as refusal:
            await call
        assert refusal.value.reason == "MAKER_IS_CHECKER"
    with pytest.raises(PermissionRefused):
        await due.approve_run(run.id, by=AUDITOR)
    assert (await due.approve_run(run.id, by=OTHER_MAKER)).checked_by == "other-maker"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement SET state = 'approved', checked_by = made_by, checked_at = now() WHERE id = $1",
        "UPDATE settlement SET state = 'approved', checked_by = '', checked_at = now() WHERE id = $1",
        "UPDATE settlement SET state = 'approved' WHERE id = $1",
        "UPDATE settlement SET (state, checked_by, checked_at, paid_by, paid_at) = ('paid', 'x', now(), 'x', now())",
        "UPDATE settlement SET made_by = 'somebody' WHERE id = $1",
        "UPDATE settlement SET gross_fen = gross_fen + 1 WHERE id = $1",
        "DELETE FROM settlement WHERE id = $1",
        "UPDATE settlement_item SET gross_fen = gross_fen + 1 WHERE settlement = $1",
        "DELETE FROM settlement_item WHERE settlement = $1",
        "UPDATE commission_line SET amount_fen = 1 WHERE settlement = $1",
        "DELETE FROM commission_line WHERE settlement = $1",
        "UPDATE commission_line SET settlement = NULL WHERE settlement = $1",
        "UPDATE commission_line SET settlement = gen_random_uuid() WHERE settlement = $1",
        "INSERT INTO settlement SELECT $1, '2026-11', 'approved', 0, 1, 1, 1, 0, '', 'a', now(), 'b', now()",
    ],
)
async def test_the_application_can_not_write_what_two_people_have_to(due: Desk, statement: str) -> None:
    run = await due.settle()
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
        async with due.database.unit_of_work() as unit:
            await unit.driver.execute(statement, *([uuid.UUID(run.id)] if "$1" in statement else []))


async def test_many_runs_at_once_pay_once(due: Desk) -> None:
    runs = await asyncio.gather(*(due.settle() for _ in range(6)), return_exceptions=True)
    made = [run for run in runs if isinstance(run, settlement_pb2.Settlement)]
    refused = [run for run in runs if isinstance(run, StateRefused)]
    assert (len(made), len(refused)) == (1, 5)
    assert {error.reason for error in refused} == {"SETTLEMENT_EMPTY"}
    answers = await asyncio.gather(*(due.approve_run(made[0].id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, settlement_pb2.Settlement) for answer in answers) == 1
    answers = await asyncio.gather(*(due.pay_run(made[0].id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, settlement_pb2.Settlement) for answer in answers) == 1
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(paid_fen=300)
    assert list((await due.proof()).differing) == []


async def test_the_same_request_is_the_same_run(due: Desk) -> None:
    first = await due.settle(key="k")
    assert await due.settle(key="k") == first
    with pytest.raises(Conflict):
        await due.settle("2026-12", key="k")


async def test_a_rejected_run_lets_its_lines_go_and_the_next_takes_them(due: Desk) -> None:
    run = await due.settle()
    assert (await due.reject_run(run.id)).state == settlement_pb2.SETTLEMENT_STATE_REJECTED
    assert await due.totals(affiliate_id="poco") == {"locked": 300}
    for call in (due.approve_run(run.id), due.pay_run(run.id), due.file(run.id)):
        with pytest.raises(StateRefused):
            await call
    again = await due.settle()
    assert (again.net_fen, again.id != run.id) == (600, True)
    await due.approve_run(again.id)
    assert list((await due.proof()).differing) == []


async def test_less_than_the_minimum_waits_and_adds_up(due: Desk) -> None:
    run = await due.settle(minimum_fen=201)
    assert (run.affiliates, run.net_fen) == (1, 300)
    await due.approve_run(run.id)
    with pytest.raises(StateRefused):
        await due.settle(minimum_fen=201)
    await due.order("Zine-9", "Zine")
    await due.price()
    due.pass_days(7)
    await due.lock()
    assert (await due.settle(minimum_fen=201)).net_fen == 300


async def test_what_is_due_after_the_period_waits_for_its_own(due: Desk) -> None:
    with pytest.raises(StateRefused) as refusal:
        await due.settle("2026-10")
    assert refusal.value.reason == "SETTLEMENT_EMPTY"
    assert (await due.settle("2026-12")).net_fen == 600


async def test_a_refund_after_payment_is_deducted_from_the_next_run(due: Desk) -> None:
    run = await due.settle()
    await due.approve_run(run.id)
    assert await due.refund("poco-0") == (0, 1)
    await due.pay_run(run.id)
    assert await due.refund("poco-1") == (0, 1)
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(owed_fen=200, paid_fen=300)
    for number in range(3):
        await due.order(f"poco-again-{number}")
    await due.price()
    due.pass_days(7)
    await due.lock()
    following = await due.settle()
    assert (following.gross_fen, following.deducted_fen, following.net_fen) == (300, 200, 100)
    await due.approve_run(following.id)
    assert b",poco,website,5,300,200,100\r\n" in await due.file(following.id)
    await due.pay_run(following.id)
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(paid_fen=400)
    assert list((await due.proof()).differing) == []


async def test_who_owes_more_than_was_earned_is_in_no_run(due: Desk) -> None:
    run = await due.settle()
    await due.approve_run(run.id)
    await due.refund("poco-0")
    await due.refund("poco-1")
    await due.order("poco-9")
    await due.price()
    due.pass_days(7)
    await due.lock()
    with pytest.raises(StateRefused):
        await due.settle()
    assert (await due.statement(by=MAKER)).ledger == commission_pb2.LedgerPosition(
        earned_fen=100, owed_fen=200, payable_fen=300
    )


@pytest.mark.parametrize("period", ["2026-13", "2026", "", "november"])
async def test_a_period_is_a_month(desk: Desk, period: str) -> None:
    with pytest.raises(InvalidInput):
        await desk.settle(period)


async def test_a_run_that_does_not_exist_is_not_found_and_a_stranger_makes_none(desk: Desk) -> None:
    nobody = str(uuid.uuid4())
    for call in (desk.approve_run(nobody), desk.pay_run(nobody), desk.file(nobody)):
        with pytest.raises(NotFound):
            await call
    for identity in (POCO, CHECKER, AUDITOR):
        with pytest.raises(DomainError) as refusal:
            await desk.settle(by=identity)
        assert refusal.value.reason == "ROLE_MISSING"


async def test_pricing_locking_refunding_and_settling_at_once_end_with_equal_books(due: Desk) -> None:
    async def bring(site: str) -> None:
        for number in range(20):
            await due.order(f"{site}-more-{number}", site)
            await due.price()

    async def lock() -> None:
        for _ in range(15):
            due.pass_days(0.5)
            await due.lock()

    async def refund(site: str) -> None:
        for number in range(20):
            await due.refund(f"{site}-{number % 3}")
            await due.refund(f"{site}-more-{number}")

    async def settle() -> None:
        for _ in range(6):
            with suppress(StateRefused):
                run = await due.settle()
                await due.approve_run(run.id)
                await due.pay_run(run.id)

    async with asyncio.timeout(60):
        sites = ("poco", "Zine")
        await asyncio.gather(*map(bring, sites), *map(refund, sites), lock(), lock(), settle(), settle())
    await due.price()
    due.pass_days(8)
    await due.lock()
    proof = await due.proof()
    assert list(proof.differing) == []
    ledger = (await due.statement(by=MAKER)).ledger
    # Everything of poco's was refunded: what was paid is owed, what was earned and not paid is owed too.
    assert ledger.paid_fen + ledger.payable_fen + ledger.earned_fen - ledger.owed_fen == 0
