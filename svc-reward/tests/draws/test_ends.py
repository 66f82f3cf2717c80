"""How draws end: drawn and paid, void by a person, or void because the reveal was missed."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import StateRefused, Unavailable
from carillon_chassis.testing.plugin import Serving
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.pay_draw import pay_draw
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import budget_account, issuance_account
from svc_reward.domain.transfer import move
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.draw_jobs import DrawJobs

from .client import DrawClient
from .values import DEADLINE, EVERYBODY, run_verifier

HELD = "SELECT account.owner, balance.amount FROM balance JOIN account ON account.number = balance.account"


async def test_a_missed_reveal_voids_and_can_be_verified(
    draws: DrawClient, seeded: str, clock: FixedClock, ledger: Database, tmp_path: Path
) -> None:
    jobs = DrawJobs(ledger, clock)
    await jobs.expire(seeded.encode())
    assert (await draws.get(seeded)).state == draw_pb2.DRAW_STATE_SEEDED
    clock.at = DEADLINE
    with pytest.raises(StateRefused) as late:
        await draws.reveal(seeded)
    assert late.value.reason == "REVEAL_MISSED"
    for _ in range(2):
        await jobs.expire(seeded.encode())
    void = await draws.get(seeded)
    assert (void.state, void.void_reason) == (draw_pb2.DRAW_STATE_VOID, "REVEAL_MISSED")
    path = tmp_path / "proof.json"
    path.write_bytes(await draws.proof(seeded))
    assert run_verifier(path)[0] == 0
    with pytest.raises(StateRefused):
        await draws.reveal(seeded)


async def test_the_dead_line_leaves_a_drawn_draw_alone(
    draws: DrawClient, seeded: str, clock: FixedClock, ledger: Database
) -> None:
    await draws.reveal(seeded)
    clock.at = DEADLINE + timedelta(days=1)
    await DrawJobs(ledger, clock).expire(seeded.encode())
    assert (await draws.get(seeded)).state == draw_pb2.DRAW_STATE_DRAWN


async def test_a_person_voids_a_draw_with_a_public_reason(draws: DrawClient, opened: str) -> None:
    void = await draws.void(opened)
    assert (void.state, json.loads(await draws.proof(opened))["void_reason"]) == (
        draw_pb2.DRAW_STATE_VOID,
        "the phone was lost",
    )
    with pytest.raises(StateRefused) as caught:
        await draws.enter(opened, EVERYBODY)
    assert caught.value.reason == "DRAW_NOT_OPEN"


async def test_close_payment_and_dead_line_come_by_themselves(owned: Database, serving: Serving) -> None:
    """The real clock and the real job queue."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings)
    now = SystemClock().now()
    close, deadlines = now + timedelta(seconds=1.5), (now + timedelta(seconds=60), now + timedelta(seconds=3))
    async with serving(service) as channel:
        draws = DrawClient(draw_pb2_grpc.DrawServiceStub(channel))
        ids = [(await draws.create(closes_at=close, reveal_by=deadline)).id for deadline in deadlines]
        for number, draw_id in enumerate(ids):
            await draws.open(draw_id, seed=bytes([number]) * 32)
        await draws.enter(ids[0], EVERYBODY)
        async with asyncio.timeout(60):
            while (await draws.get(ids[0])).state != draw_pb2.DRAW_STATE_FROZEN:
                await asyncio.sleep(0.2)
            await draws.contribute(ids[0])
            await draws.reveal(ids[0], seed=bytes(32))
            while (await draws.get(ids[1])).state != draw_pb2.DRAW_STATE_VOID:
                await asyncio.sleep(0.2)
            # Nobody funded the campaign, so the payment waits and says why.
            while {one.payment for one in (await draws.winners(ids[0])).winners} != {"", "ACCOUNT_UNKNOWN"}:
                await asyncio.sleep(0.2)
    await service.database.close()


async def test_point_prizes_are_paid_once_from_the_campaigns_budget(
    draws: DrawClient, seeded: str, clock: FixedClock, ledger: Database
) -> None:
    async with ledger.unit_of_work() as unit:
        await fund_campaign(unit, campaign_id="stars", currency="seeds", amount=120, clock=clock)
    await draws.reveal(seeded)
    assert [winner.payment for winner in (await draws.winners(seeded)).winners if winner.prize == "seeds"] == [
        "PENDING"
    ] * 4
    with pytest.raises(Unavailable) as unpaid:
        await pay_draw(ledger, seeded, clock=clock)
    assert unpaid.value.reason == "DRAW_UNPAID"
    won = [winner for winner in (await draws.winners(seeded)).winners if winner.prize == "seeds"]
    assert [winner.payment for winner in won] == ["POSTED", "POSTED", "INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"]
    more = move(
        "more", source=issuance_account("seeds"), target=budget_account("stars", "seeds"), amount=80, reason="test"
    )
    async with ledger.unit_of_work() as unit:
        await post_transfers(unit, [more], clock=clock)
    for _ in range(2):
        await pay_draw(ledger, seeded, clock=clock)
    async with ledger.read() as unit:
        held = {row["owner"]: row["amount"] for row in await unit.driver.fetch(HELD)}
    assert held == {"operator": -200, "stars": 0} | {str(winner.subscriber_id): 50 for winner in won}
    winners = (await draws.winners(seeded)).winners
    assert [one.payment for one in winners] == ["" if one.prize == "phone" else "POSTED" for one in winners]
    async with ledger.read() as unit:
        ids = await unit.driver.fetch("SELECT id FROM transfer WHERE id LIKE 'draw:%' ORDER BY id")
    assert [row["id"] for row in ids] == sorted(f"draw:{seeded}:{winner.award}" for winner in won)
