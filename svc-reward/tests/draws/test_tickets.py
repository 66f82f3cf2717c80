"""Tickets that cost points (RWD-05): paid once, all of a call or none, and given back when the draw is void."""

import pytest

from carillon.reward.v1.draw_pb2 import DrawPoints
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import LimitExceeded, PermissionRefused, StateRefused
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.grant_rewards import grant_rewards
from svc_reward.domain.grant import Grant
from svc_reward.worker.draw_jobs import DrawJobs

from .client import MAKER, PORTAL, DrawClient
from .values import CLOSE, DEADLINE

HELD = """
SELECT account.kind || '/' || account.owner AS name, balance.amount
FROM balance JOIN account ON account.number = balance.account WHERE kind IN ('subscriber', 'redeemed')
"""


async def held(ledger: Database) -> dict[str, int]:
    async with ledger.read() as unit:
        return {row["name"]: row["amount"] for row in await unit.driver.fetch(HELD)}


@pytest.fixture
async def priced(draws: DrawClient, ledger: Database, clock: FixedClock) -> str:
    """An open draw whose tickets cost 4 seeds; subscribers 1 and 2 hold 10 each."""
    async with ledger.unit_of_work() as unit:
        await fund_campaign(unit, campaign_id="downloads", currency="seeds", amount=20, clock=clock)
        grant = Grant(campaign_id="downloads", currency="seeds", amount=10, subscriber_ids=(1, 2))
        await grant_rewards(unit, grant, clock=clock)
    draw = await draws.create(ticket_price=DrawPoints(currency="seeds", amount=4))
    await draws.open(draw.id, seed=b"5" * 32)
    return draw.id


async def test_a_ticket_is_paid_once_however_often_it_is_asked_for(
    draws: DrawClient, priced: str, ledger: Database
) -> None:
    assert await draws.enter(priced, [(1, "game:1"), (1, "game:2"), (2, "game:1")], by=PORTAL) == (3, 0)
    assert await draws.enter(priced, [(1, "game:1"), (2, "game:1")], by=PORTAL) == (0, 2)
    assert await held(ledger) == {"subscriber/1": 2, "subscriber/2": 6, "redeemed/operator": 12}


@pytest.mark.parametrize("poor", [[(2, "a"), (2, "b"), (2, "c")], [(1, "a"), (3, "a")]])
async def test_who_has_too_few_points_gets_no_ticket_and_nobody_of_the_call_pays(
    draws: DrawClient, priced: str, ledger: Database, clock: FixedClock, poor: list[tuple[int, str]]
) -> None:
    with pytest.raises(StateRefused) as caught:
        await draws.enter(priced, poor, by=PORTAL)
    assert caught.value.reason == "INSUFFICIENT_POINTS"
    balances = await held(ledger)
    assert (balances["subscriber/1"], balances["subscriber/2"]) == (10, 10)
    clock.at = CLOSE
    assert (await draws.freeze(priced)).entrants == 0


async def test_a_void_draw_gives_every_ticket_back_once(
    draws: DrawClient, priced: str, ledger: Database, clock: FixedClock
) -> None:
    await draws.enter(priced, [(1, "game:1"), (1, "game:2"), (2, "game:1")], by=PORTAL)
    jobs = DrawJobs(ledger, clock)
    await jobs.refund(priced.encode())
    assert (await held(ledger))["redeemed/operator"] == 12, "an open draw gives nothing back"
    clock.at = DEADLINE
    await jobs.expire(priced.encode())
    for _ in range(2):
        await jobs.refund(priced.encode())
    assert await held(ledger) == {"subscriber/1": 10, "subscriber/2": 10, "redeemed/operator": 0}


@pytest.mark.parametrize("missed", [True, False])
async def test_a_draw_that_turns_void_books_its_refund_job(
    draws: DrawClient, priced: str, ledger: Database, owned: Database, clock: FixedClock, missed: bool
) -> None:
    if missed:
        clock.at = DEADLINE
        await DrawJobs(ledger, clock).expire(priced.encode())
    else:
        await draws.void(priced)
    async with owned.read() as unit:
        waiting = await unit.driver.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'refund_draw'")
    assert [row["payload"].decode() for row in waiting] == [priced]


async def test_portals_sell_tickets_and_give_none_away(draws: DrawClient, opened: str, priced: str) -> None:
    await draws.enter(priced, [(1, "game:1")], by=PORTAL)
    with pytest.raises(PermissionRefused):
        await draws.enter(opened, [(1, "game:1")], by=PORTAL)


async def test_more_tickets_than_one_booking_takes_are_refused(draws: DrawClient, priced: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        await draws.enter(priced, [(1, f"game:{number}") for number in range(1001)], by=MAKER)
    assert caught.value.reason == "TOO_MANY_TICKETS"
