"""Entries and the close, over real gRPC and real PostgreSQL: in the root or refused, and each key once."""

import asyncio
import json
import uuid

import pytest

from carillon.reward.v1 import draw_pb2
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, StateRefused, Unavailable

from ..lives import end_lives  # noqa: TID252 -- tests have no name to import by
from .client import DrawClient
from .values import CLOSE, EVERYBODY, OPENING

KILL_BLOCKED = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


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


async def test_one_entry_of_an_ended_life_refuses_the_batch(draws: DrawClient, opened: str, owned: Database) -> None:
    await end_lives(owned, 2, at=OPENING)
    with pytest.raises(StateRefused) as caught:
        await draws.enter(opened, [(1, "code:A"), (2, "code:B")])
    assert caught.value.reason == "LIFE_ENDED"
    assert await draws.enter(opened, [(1, "code:A")]) == (1, 0)


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


async def test_a_freeze_that_was_killed_leaves_nothing_behind_and_is_done_again(
    draws: DrawClient, opened: str, clock: FixedClock, owned: Database
) -> None:
    await draws.enter(opened, EVERYBODY)
    clock.at = CLOSE
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("LOCK TABLE draw_entrant IN SHARE MODE")
        freezing = asyncio.ensure_future(draws.freeze(opened, request_id="freeze"))
        async with asyncio.timeout(20):
            while not await unit.driver.fetchval(KILL_BLOCKED):
                await asyncio.sleep(0.05)
        with pytest.raises(Unavailable):
            await freezing
    assert (await draws.get(opened)).state == draw_pb2.DRAW_STATE_OPEN
    assert (await draws.freeze(opened, request_id="freeze")).entrants == len(EVERYBODY)
