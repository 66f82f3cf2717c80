"""Points that a subscriber gives to a friend (RWD-41): what the giver has, as long as the giver would have had it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carillon.reward.v1 import gift_pb2, gift_pb2_grpc
from carillon.reward.v1.facts_pb2 import GiftGiven
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError, InvalidInput, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.book_transfers import book_transfers
from svc_reward.domain.account import budget_account, subscriber_account
from svc_reward.domain.gift import Gift
from svc_reward.domain.lot import Lot
from svc_reward.domain.transfer import move

from .circle import MAKER, PORTAL, Circle
from .referral_values import CAMPAIGN, DAY, NOON

LOTS = """
SELECT account.owner, lot.remaining, lot.expires_at FROM lot JOIN account ON account.number = lot.account
WHERE lot.remaining > 0 ORDER BY account.owner, lot.expires_at
"""
TOLD = "SELECT body FROM outbox WHERE type LIKE '%GiftGiven'"


def gift(**changes: Any) -> Gift:
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "giver_id": 1,
        "friend_id": 2,
        "currency": "seeds",
        "amount": 10,
        "given_at": NOON,
    }
    return Gift(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"friend_id": 1}, "friend"),
        ({"amount": 0}, "amount"),
        ({"amount": 10_001}, "amount"),
        ({"currency": "phone_credit_fen"}, "currency"),
        ({"currency": "competition_points"}, "currency"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_gifts_that_can_not_be_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        gift(**changes)
    assert (caught.value.reason, caught.value.field) == ("GIFT_INVALID", field)


def test_each_lot_is_given_on_with_its_own_end_the_earliest_first() -> None:
    def lot(days: int, remaining: int) -> Lot:
        return Lot(account=1, transfer=days, amount=9, remaining=remaining, expires_at=NOON + days * DAY, id=days)

    made = gift().transfers([lot(30, 5), lot(3, 4)])
    assert [(one.legs[1].amount, one.expires_at) for one in made] == [
        (4, NOON + 3 * DAY),
        (5, NOON + 30 * DAY),
        (1, None),
    ]
    assert len({one.transfer_id for one in made}) == 3
    assert [one.legs[1].amount for one in gift(amount=4).transfers([lot(3, 4), lot(9, 9)])] == [4]
    assert [one.legs[1].amount for one in gift().transfers([])] == [10]


async def collect(circle: Circle, subscriber: int, amount: int, *, days: float | None = None) -> None:
    """From the campaign's budget, good for so many days."""
    got = move(
        f"got:{circle.key()}",
        source=budget_account(CAMPAIGN, "seeds"),
        target=subscriber_account(subscriber, "seeds"),
        amount=amount,
        reason="test",
    )
    if days is not None:
        got = replace(got, expires_at=circle.clock.at + timedelta(days=days))
    async with circle.database.unit_of_work() as unit:
        await book_transfers(unit, [got], clock=circle.clock)


async def give(circle: Circle, giver: int, friend: int, amount: int, *, by: Identity = PORTAL, key: str = "") -> str:
    request = gift_pb2.GiveGiftRequest(
        request_id=key or circle.key(), giver_id=giver, friend_id=friend, currency="seeds", amount=amount
    )
    with acting_as(by):
        return (await invoke(gift_pb2_grpc.GiftServiceStub(circle.channel).GiveGift, request)).gift.id


async def test_a_gift_moves_points_once_and_is_told(circle: Circle) -> None:
    await collect(circle, 1, 30)
    made = {await give(circle, 1, 2, 10, key="once") for _ in range(2)}
    held = await circle.held()
    assert (held["subscriber/1"], held["subscriber/2"]) == (20, 10)
    async with circle.database.read() as unit:
        [row] = await unit.driver.fetch(TOLD)
    told = GiftGiven.FromString(row["body"])
    assert ({told.gift_id}, told.giver_id, told.friend_id, told.amount) == (made, 1, 2, 10)


async def test_points_that_expire_do_so_with_the_friend_too(circle: Circle) -> None:
    await collect(circle, 1, 5, days=3)
    await collect(circle, 1, 5, days=30)
    await give(circle, 1, 2, 8)
    async with circle.database.read() as unit:
        lots = [tuple(row) for row in await unit.driver.fetch(LOTS)]
    assert lots == [("1", 2, NOON + 30 * DAY), ("2", 5, NOON + 3 * DAY), ("2", 3, NOON + 30 * DAY)]


async def test_nobody_gives_what_they_have_not(circle: Circle) -> None:
    await collect(circle, 1, 5)
    for giver, amount in ((1, 6), (3, 1)):
        with pytest.raises(StateRefused, match="INSUFFICIENT_POINTS"):
            await give(circle, giver, 2, amount)
    assert "subscriber/2" not in await circle.held()
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await give(circle, 1, 2, 1, by=MAKER)


async def test_a_day_has_ten_gifts_even_when_all_are_made_at_once(circle: Circle) -> None:
    await collect(circle, 1, 100)
    answers = await asyncio.gather(*(give(circle, 1, 2, 1) for _ in range(15)), return_exceptions=True)
    refused = [answer.reason for answer in answers if isinstance(answer, DomainError)]
    assert refused == ["GIFT_LIMIT"] * 5
    circle.pass_days(1)
    await give(circle, 1, 2, 1)
    assert (await circle.held())["subscriber/2"] == 11


async def test_friends_who_give_to_each_other_at_once_hear_of_no_deadlock(circle: Circle) -> None:
    for subscriber in (1, 2):
        await collect(circle, subscriber, 50)
    await asyncio.gather(*(give(circle, *pair, 1) for _ in range(8) for pair in ((1, 2), (2, 1))))
    held = await circle.held()
    assert (held["subscriber/1"], held["subscriber/2"]) == (50, 50)
