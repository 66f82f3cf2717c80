"""Draws over real gRPC and real PostgreSQL: from the rule to a proof that a stranger can verify."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, ledger_pb2_grpc
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    PermissionRefused,
    StateRefused,
    Unavailable,
)
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_reward.app.pay_draw import pay_draw
from svc_reward.domain.draw_entrant import entrant_token
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.draw_jobs import DrawJobs

from .client import ISSUANCE, Client, budget, subscriber, transfer
from .draw_client import APPROVER, MAKER, NOTARY, OTHER_SEED, PORTAL, SEED, STRANGER, DrawClient
from .draw_values import CLOSE, DEADLINE, OPENING, run_verifier

EVERYBODY = [(number, f"order:{number}") for number in range(1, 41)]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=OPENING)


@pytest.fixture
async def channel(owned: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward by the test's clock, without its workers."""
    settings = Settings(database_url=owned.url, listen="unix:unused", campaign_address="unix:/nobody")
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        yield channel
    await service.database.close()


@pytest.fixture
def draws(channel: grpc.aio.Channel) -> DrawClient:
    return DrawClient(draw_pb2_grpc.DrawServiceStub(channel))


@pytest.fixture
def money(channel: grpc.aio.Channel) -> Client:
    return Client(ledger_pb2_grpc.LedgerServiceStub(channel))


@pytest.fixture
async def opened(draws: DrawClient) -> str:
    """The id of an open draw."""
    draw = await draws.create()
    await draws.open(draw.id)
    return draw.id


@pytest.fixture
async def seeded(draws: DrawClient, opened: str, clock: FixedClock) -> str:
    """The id of a draw of forty people, frozen and seeded."""
    await draws.enter(opened, EVERYBODY)
    clock.at = CLOSE
    await draws.freeze(opened)
    await draws.contribute(opened)
    return opened


async def test_a_draw_goes_from_the_rule_to_a_proof_that_a_stranger_verifies(
    draws: DrawClient, clock: FixedClock, tmp_path: Path
) -> None:
    draw = await draws.create(name="十一月之星", wins_per_person=2)
    assert (draw.state, draw.plan.awards, draw.branch) == (draw_pb2.DRAW_STATE_DRAFT, 5, "guangzhou")
    with pytest.raises(StateRefused):
        await draws.proof(draw.id)
    stages = [await draws.open(draw.id)]
    proofs = [await draws.proof(draw.id)]
    assert await draws.enter(draw.id, [*EVERYBODY, (7, "code:8F3K2"), (7, "code:8F3K3")]) == (42, 0)
    clock.at = CLOSE
    stages.append(await draws.freeze(draw.id))
    proofs.append(await draws.proof(draw.id))
    stages.append(await draws.contribute(draw.id))
    proofs.append(await draws.proof(draw.id))
    revealed = await draws.reveal(draw.id)
    stages.append(revealed.draw)
    proofs.append(await draws.proof(draw.id))
    assert [stage.state for stage in stages] == [
        draw_pb2.DRAW_STATE_OPEN,
        draw_pb2.DRAW_STATE_FROZEN,
        draw_pb2.DRAW_STATE_SEEDED,
        draw_pb2.DRAW_STATE_DRAWN,
    ]
    assert len({stage.rule_hash for stage in stages}) == len({stage.commitment for stage in stages}) == 1
    assert (stages[1].entrants, stages[1].tickets, revealed.winners) == (40, 42, 5)
    assert await draws.get(draw.id) == revealed.draw
    for number, proof in enumerate(proofs):
        path = tmp_path / f"{number}.json"
        path.write_bytes(proof)
        published = ["--commitment", stages[0].commitment.hex(), "--rule-hash", stages[0].rule_hash.hex()]
        assert run_verifier(path, *published)[0] == 0


async def test_a_proof_names_tokens_and_nobody(draws: DrawClient, seeded: str, owned: Database) -> None:
    await draws.reveal(seeded)
    proof = json.loads(await draws.proof(seeded))
    async with owned.read() as unit:
        salt = await unit.driver.fetchval("SELECT salt FROM draw WHERE id = $1", uuid.UUID(seeded))
    # Whoever has the salt finds the people behind the tokens; it stands nowhere in the proof.
    assert proof["leaves"] == sorted(f"{entrant_token(salt, number).hex()} 1" for number, _ in EVERYBODY)
    assert salt.hex() not in json.dumps(proof)
    winners = (await draws.winners(seeded)).winners
    assert {winner.token for winner in winners} == {entrant_token(salt, one.subscriber_id).hex() for one in winners}
    assert [(one["award"], one["prize"], one["token"]) for one in proof["winners"]] == [
        (one.award, one.prize, one.token) for one in winners
    ]


async def test_the_same_key_of_a_subscriber_is_one_ticket(draws: DrawClient, opened: str) -> None:
    """RWD-08: a lucky code enters once, whoever sends it again."""
    assert await draws.enter(opened, [(1, "code:A"), (1, "code:A"), (2, "code:A"), (1, "code:B")]) == (3, 1)
    assert await draws.enter(opened, [(1, "code:A"), (1, "code:C")]) == (1, 1)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ((0, "k"), "ENTRY_INVALID"),
        ((1, ""), "ENTRY_INVALID"),
        ((1, "a b"), "ENTRY_INVALID"),
        ((1, "键"), "ENTRY_INVALID"),
    ],
)
async def test_one_entry_that_can_not_be_refuses_the_batch(
    draws: DrawClient, opened: str, entry: tuple[int, str], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await draws.enter(opened, [(1, "good"), entry])
    assert caught.value.reason == reason
    assert await draws.enter(opened, [(1, "good")]) == (1, 0)


async def test_who_was_not_subscribed_in_the_month_before_is_refused(draws: DrawClient) -> None:
    """RWD-09."""
    draw = await draws.create(eligibility=draw_pb2.DrawEligibility(service="crbt", draw_month="2026-11"))
    await draws.open(draw.id)
    for month in ("2026-11", "2026-09", ""):
        with pytest.raises(StateRefused) as caught:
            await draws.enter(draw.id, [(1, "member")], month=month)
        assert caught.value.reason == "NOT_ELIGIBLE"
    assert await draws.enter(draw.id, [(1, "member")], month="2026-10") == (1, 0)


async def test_calls_sent_again_get_the_first_answer(draws: DrawClient, clock: FixedClock) -> None:
    first = await draws.create(request_id="create")
    assert await draws.create(request_id="create") == first
    opened = await draws.open(first.id, request_id="open")
    assert await draws.open(first.id, request_id="open") == opened
    assert [await draws.enter(first.id, EVERYBODY, request_id="enter") for _ in range(2)] == [(40, 0)] * 2
    with pytest.raises(Conflict):
        await draws.enter(first.id, EVERYBODY[1:], request_id="enter")
    clock.at = CLOSE
    assert await draws.freeze(first.id, request_id="freeze") == await draws.freeze(first.id, request_id="freeze")
    seeded = await draws.contribute(first.id, request_id="seed")
    assert await draws.contribute(first.id, request_id="seed") == seeded
    with pytest.raises(Conflict):
        await draws.contribute(first.id, seed=SEED, request_id="seed")
    drawn = await draws.reveal(first.id, request_id="reveal")
    assert await draws.reveal(first.id, request_id="reveal") == drawn
    with pytest.raises(StateRefused):
        await draws.reveal(first.id)
    assert len((await draws.winners(first.id)).winners) == 5


async def test_the_second_party_is_never_of_the_first(draws: DrawClient, opened: str, clock: FixedClock) -> None:
    await draws.enter(opened, EVERYBODY)
    clock.at = CLOSE
    await draws.freeze(opened)
    with pytest.raises(PermissionRefused) as caught:
        await draws.contribute(opened, by=MAKER)
    assert caught.value.reason == "SECOND_PARTY_REQUIRED"
    await draws.contribute(opened, by=APPROVER)
    with pytest.raises(PermissionRefused) as caught:
        await draws.reveal(opened, by=APPROVER)
    assert caught.value.reason == "SECOND_PARTY_REQUIRED"
    for person in (MAKER, APPROVER):
        with pytest.raises(PermissionRefused):
            await draws.void(opened, by=person)
    assert (await draws.reveal(opened)).winners == 5


async def test_only_the_committed_seed_reveals_and_no_commitment_stands_twice(
    draws: DrawClient, seeded: str, clock: FixedClock
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        await draws.reveal(seeded, seed=OTHER_SEED)
    assert wrong.value.reason == "SEED_NOT_COMMITTED"
    clock.at = OPENING
    another = await draws.create()
    with pytest.raises(Conflict) as used:
        await draws.open(another.id, seed=SEED)
    assert used.value.reason == "COMMITMENT_USED"
    await draws.open(another.id, seed=b"3" * 32)


@pytest.mark.parametrize("by", [PORTAL, NOTARY, APPROVER])
async def test_only_operators_make_open_fill_and_freeze_draws(
    draws: DrawClient, opened: str, clock: FixedClock, by: Identity
) -> None:
    draft = await draws.create()
    for call in (
        draws.create(by=by),
        draws.open(draft.id, seed=b"9" * 32, by=by),
        draws.enter(opened, EVERYBODY, by=by),
        draws.freeze(opened, by=by),
    ):
        with pytest.raises(PermissionRefused) as caught:
            await call
        assert caught.value.reason == "ROLE_MISSING"


async def test_an_operator_of_another_branch_keeps_out(draws: DrawClient, seeded: str) -> None:
    for call in (
        draws.enter(seeded, EVERYBODY, by=STRANGER),
        draws.reveal(seeded, by=STRANGER),
        draws.winners(seeded, by=STRANGER),
    ):
        with pytest.raises(PermissionRefused) as caught:
            await call
        assert caught.value.reason == "BRANCH_FOREIGN"


async def test_portals_see_the_proof_and_no_winners_by_name(draws: DrawClient, seeded: str) -> None:
    await draws.reveal(seeded)
    for by in (PORTAL, NOTARY):
        with pytest.raises(PermissionRefused):
            await draws.winners(seeded, by=by)
    assert json.loads(await draws.proof(seeded))["state"] == "drawn"


async def test_a_draw_nobody_knows_is_not_found(draws: DrawClient) -> None:
    unknown = str(uuid.UUID(int=7))
    for call in (draws.get(unknown), draws.proof(unknown), draws.open(unknown), draws.winners(unknown)):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.reason == "DRAW_UNKNOWN"


async def test_winners_come_in_pages(draws: DrawClient, seeded: str) -> None:
    await draws.reveal(seeded)
    seen: list[int] = []
    token = ""
    while True:
        page = await draws.winners(seeded, page_size=2, page_token=token)
        seen += [winner.award for winner in page.winners]
        token = page.next_page_token
        if not token:
            break
    assert seen == [1, 2, 3, 4, 5]
    with pytest.raises(InvalidInput):
        await draws.winners(seeded, page_token="nonsense")


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


async def test_nobody_entered_and_nobody_wins(
    draws: DrawClient, opened: str, clock: FixedClock, tmp_path: Path
) -> None:
    clock.at = CLOSE
    await draws.freeze(opened)
    await draws.contribute(opened)
    assert (await draws.reveal(opened)).winners == 0
    path = tmp_path / "proof.json"
    path.write_bytes(await draws.proof(opened))
    assert run_verifier(path)[0] == 0


async def test_an_entry_is_in_the_root_or_it_is_refused(draws: DrawClient, opened: str, clock: FixedClock) -> None:
    """Sixteen callers keep entering while the draw closes and freezes."""
    taken: list[tuple[int, str]] = []
    refusals: set[str] = set()

    async def enter(caller: int) -> None:
        for number in range(1000):
            entries = [(caller * 10_000 + number * 4 + one, "order") for one in range(1, 5)]
            try:
                await draws.enter(opened, entries)
            except StateRefused as error:
                refusals.add(error.reason)
                return
            taken.extend(entries)

    callers = [asyncio.ensure_future(enter(caller)) for caller in range(16)]
    while len(taken) < 400:
        await asyncio.sleep(0.01)
    clock.at = CLOSE
    frozen = await draws.freeze(opened)
    await asyncio.gather(*callers)
    assert refusals <= {"DRAW_CLOSED", "DRAW_NOT_OPEN"}
    assert (frozen.entrants, frozen.tickets) == (len(taken), len(taken))
    assert json.loads(await draws.proof(opened))["entrants"] == len(taken)


async def test_a_freeze_waits_for_an_entry_on_its_way(
    draws: DrawClient, opened: str, clock: FixedClock, ledger: Database
) -> None:
    """The entry's transaction is open while the freeze asks; it commits later and is in the root all the same."""
    async with ledger.unit_of_work() as unit:
        await unit.driver.fetchrow("SELECT FROM draw WHERE id = $1 FOR SHARE", uuid.UUID(opened))
        clock.at = CLOSE
        freezing = asyncio.ensure_future(draws.freeze(opened))
        await asyncio.sleep(0.3)
        assert not freezing.done()
        await unit.driver.execute("INSERT INTO draw_entry VALUES ($1, 5, 'late', $2)", uuid.UUID(opened), OPENING)
    assert (await freezing).entrants == 1


async def test_point_prizes_are_paid_once_from_the_campaigns_budget(
    draws: DrawClient, seeded: str, clock: FixedClock, ledger: Database, money: Client
) -> None:
    with acting_as(MAKER):
        await money.open(ISSUANCE, budget("stars"))
        await money.post(transfer("fund", (ISSUANCE, -120), (budget("stars"), 120)))
    await draws.reveal(seeded)
    assert [winner.payment for winner in (await draws.winners(seeded)).winners if winner.prize == "seeds"] == [
        "PENDING"
    ] * 4
    with pytest.raises(Unavailable) as unpaid:
        await pay_draw(ledger, seeded, clock=clock)
    assert unpaid.value.reason == "DRAW_UNPAID"
    won = [winner for winner in (await draws.winners(seeded)).winners if winner.prize == "seeds"]
    assert [winner.payment for winner in won] == ["POSTED", "POSTED", "INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"]
    with acting_as(MAKER):
        await money.post(transfer("more", (ISSUANCE, -80), (budget("stars"), 80)))
    for _ in range(2):
        await pay_draw(ledger, seeded, clock=clock)
    with acting_as(MAKER):
        assert [await money.balance(subscriber(one.subscriber_id)) for one in won] == [50] * 4
        assert await money.balance(budget("stars")) == 0
    winners = (await draws.winners(seeded)).winners
    assert [one.payment for one in winners] == ["" if one.prize == "phone" else "POSTED" for one in winners]
    async with ledger.read() as unit:
        ids = await unit.driver.fetch("SELECT id FROM transfer WHERE id LIKE 'draw:%' ORDER BY id")
    assert [row["id"] for row in ids] == sorted(f"draw:{seeded}:{winner.award}" for winner in won)


async def test_close_payment_and_dead_line_come_by_themselves(owned: Database, serving: Serving) -> None:
    """The real clock and the real job queue."""
    settings = Settings(database_url=owned.url, listen="unix:unused", campaign_address="unix:/nobody")
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


CHANGES = (
    "UPDATE draw SET second_seed = sha256('x') WHERE state = 'drawn'",
    "UPDATE draw SET rule = '{}'",
    "DELETE FROM draw",
    "UPDATE draw_entry SET subscriber = 1",
    "DELETE FROM draw_entry",
    "UPDATE draw_entrant SET tickets = 2",
    "DELETE FROM draw_entrant",
    "UPDATE draw_winner SET subscriber = 1",
    "DELETE FROM draw_winner",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_drawn_can_be_changed_by_nobody(
    draws: DrawClient, seeded: str, ledger: Database, owned: Database, change: str
) -> None:
    await draws.reveal(seeded)
    for database in (ledger, owned):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
            async with database.unit_of_work() as unit:
                await unit.driver.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE draw SET commitment = sha256('x')",
        "UPDATE draw SET root = sha256('x')",
        "UPDATE draw SET second_seed = sha256('x')",
        "UPDATE draw SET salt = sha256('x')",
    ],
)
async def test_what_was_published_is_refused_to_the_owner_too(seeded: str, owned: Database, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="stays as it is"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(change)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"awards": 6}, "DRAW_RULE_INVALID"),
        ({"closes_at": OPENING}, "DRAW_CLOSED"),
        ({"reveal_by": CLOSE}, "DRAW_RULE_INVALID"),
        ({"name": "line\nbreak"}, "DRAW_RULE_INVALID"),
        (
            {
                "prizes": [
                    draw_pb2.DrawPrize(
                        code="p", name="p", weight=1, stock=1, points=draw_pb2.DrawPoints(currency="euro", amount=1)
                    )
                ]
            },
            "CURRENCY_UNKNOWN",
        ),
    ],
)
async def test_a_plan_that_can_not_be_is_refused(draws: DrawClient, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DomainError) as caught:
        await draws.create(**changes)
    assert caught.value.reason == reason
