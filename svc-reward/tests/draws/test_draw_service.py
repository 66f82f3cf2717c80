"""Draws over real gRPC and real PostgreSQL: from the rule to a proof that a stranger can verify."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from carillon.reward.v1 import draw_pb2
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    StateRefused,
)
from svc_reward.domain.draw_entrant import entrant_token

from .client import OTHER_SEED, SEED, DrawClient
from .values import CLOSE, EVERYBODY, OPENING, run_verifier


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
