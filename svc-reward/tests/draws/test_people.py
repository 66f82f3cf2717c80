"""Who may do what with a draw: four eyes, branches, and what everybody may see."""

import json

import pytest

from carillon_chassis.clock import FixedClock
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity

from .client import APPROVER, MAKER, NOTARY, PORTAL, STRANGER, DrawClient
from .values import CLOSE, EVERYBODY


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


async def test_another_service_enters_subscribers_for_what_they_have_done(draws: DrawClient, opened: str) -> None:
    assert await draws.enter(opened, EVERYBODY, by=Identity(subject="service:campaign")) == (40, 0)
    with pytest.raises(PermissionRefused):
        await draws.freeze(opened, by=Identity(subject="service:campaign"))


async def test_a_subscriber_finds_the_own_tickets_in_the_proof(
    draws: DrawClient, opened: str, clock: FixedClock
) -> None:
    await draws.enter(opened, [*EVERYBODY, (7, "code:8F3K2")])
    with pytest.raises(StateRefused) as early:
        await draws.entrant(opened, 7)
    assert early.value.reason == "DRAW_NOT_FROZEN"
    clock.at = CLOSE
    await draws.freeze(opened)
    await draws.contribute(opened)
    await draws.reveal(opened)
    proof = json.loads(await draws.proof(opened))
    parts = {number: await draws.entrant(opened, number) for number, _ in EVERYBODY}
    assert [proof["leaves"][part.entrant - 1] for part in parts.values()] == [
        f"{part.token} {part.tickets}" for part in parts.values()
    ]
    assert (parts[7].tickets, parts[8].tickets) == (2, 1)
    won = {winner.award: number for number, part in parts.items() for winner in part.wins}
    assert won == {one.award: one.subscriber_id for one in (await draws.winners(opened)).winners}
    with pytest.raises(NotFound) as unknown:
        await draws.entrant(opened, 41)
    assert unknown.value.reason == "ENTRANT_UNKNOWN"
    with pytest.raises(PermissionRefused):
        await draws.entrant(opened, 7, by=NOTARY)
