"""Group buys: all captured or all voided, as pure rules and over real gRPC and real PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from carillon.reward.v1 import group_buy_pb2, group_buy_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, StateRefused
from carillon_chassis.testing.plugin import Serving
from svc_reward.domain.group_buy import TRANSITIONS, GroupBuy, GroupBuyState
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.expiry import Expiry

from .shop import KEYS, Shop, moment, open_shop
from .test_concurrency import assert_sound

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MISSING = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
OPEN, CAPTURED, VOIDED = (
    group_buy_pb2.GROUP_BUY_STATE_OPEN,
    group_buy_pb2.GROUP_BUY_STATE_CAPTURED,
    group_buy_pb2.GROUP_BUY_STATE_VOIDED,
)


def group(**overrides: object) -> GroupBuy:
    fields: dict[str, object] = {
        "id": UUID(int=1), "name": "Three for a concert", "target": 3, "deadline": NOON + timedelta(hours=1),
        "currency": "m_value", "price": 5, "opened_at": NOON,
    }  # fmt: skip
    return GroupBuy(**{**fields, **overrides})  # type: ignore[arg-type]  # keywords by name


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": " "}, "GROUP_INVALID"),
        ({"target": 1}, "GROUP_INVALID"),
        ({"target": 101}, "GROUP_INVALID"),
        ({"deadline": NOON}, "GROUP_INVALID"),
        ({"deadline": NOON + timedelta(days=91)}, "GROUP_INVALID"),
        ({"price": 0}, "GROUP_INVALID"),
        ({"currency": "phone_credit_fen"}, "GROUP_INVALID"),
        ({"currency": "euro"}, "CURRENCY_UNKNOWN"),
    ],
)
def test_a_group_that_can_not_be_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(DomainError) as caught:
        group(**fields)
    assert caught.value.reason == reason


@pytest.mark.parametrize("after", GroupBuyState)
@pytest.mark.parametrize("before", GroupBuyState)
def test_a_group_ends_once_and_a_refusal_names_both_states(before: GroupBuyState, after: GroupBuyState) -> None:
    if after in TRANSITIONS[before]:
        assert group(state=before).end(after, NOON).state is after
        return
    with pytest.raises(StateRefused) as caught:
        group(state=before).end(after, NOON)
    assert caught.value.metadata == {"from": before, "to": after}


def test_a_group_is_open_before_its_deadline_and_not_at_it() -> None:
    one = group()
    assert one.join(one.deadline - timedelta(microseconds=1)).members == 1
    with pytest.raises(StateRefused) as caught:
        one.join(one.deadline)
    assert caught.value.reason == "GROUP_CLOSED"


@dataclass(frozen=True, slots=True)
class Groups:
    """GroupBuyService as the gateway calls it."""

    stub: "group_buy_pb2_grpc.GroupBuyServiceStub"
    shop: Shop

    async def open(self, target: int, *, price: int = 5) -> str:
        request = group_buy_pb2.CreateGroupBuyRequest(
            request_id=f"key-{next(KEYS)}", name="Three for a concert", target=target,
            deadline=moment("2026-11-21T13:00:00"), currency="m_value", price=price,
        )  # fmt: skip
        return (await invoke(self.stub.CreateGroupBuy, request, timeout_seconds=30)).group_buy.id

    async def join(self, group_id: str, person: int, *, key: str = "") -> group_buy_pb2.GroupBuy:
        request = group_buy_pb2.JoinGroupBuyRequest(
            request_id=key or f"key-{next(KEYS)}", id=group_id, subscriber_id=person
        )
        return (await invoke(self.stub.JoinGroupBuy, request, timeout_seconds=60)).group_buy

    async def look(self, group_id: str) -> group_buy_pb2.GroupBuy:
        return (await invoke(self.stub.GetGroupBuy, group_buy_pb2.GetGroupBuyRequest(id=group_id))).group_buy

    async def points(self, *people: int) -> list[int]:
        return [await self.shop.points(person, "m_value") for person in people]


@pytest.fixture
async def groups(owned: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[Groups]:
    """At noon; subscribers 1 to 4 have 8 M each."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        made = Groups(group_buy_pb2_grpc.GroupBuyServiceStub(channel), open_shop(channel))
        for person in range(1, 5):
            await made.shop.give(person, 8, "m_value")
        yield made
    await service.database.close()


async def refusal(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a call of the service
    except DomainError as error:
        return error.reason
    return "DONE"


async def test_a_full_group_pays_to_the_last_person(groups: Groups, ledger: Database) -> None:
    group_id = await groups.open(3)
    assert (await groups.join(group_id, 1)).state == OPEN
    assert (await groups.join(group_id, 2, key="k")).members == 2
    assert (await groups.join(group_id, 2, key="k")).members == 2  # the first answer again
    assert await groups.points(1, 2) == [8, 8]
    assert (await groups.join(group_id, 3)).state == CAPTURED
    assert await groups.points(1, 2, 3, 4) == [3, 3, 3, 8]
    assert await refusal(groups.join(group_id, 4)) == "GROUP_STATE"
    await assert_sound(ledger)


async def test_a_group_that_stays_small_pays_nothing(groups: Groups, clock: FixedClock, ledger: Database) -> None:
    group_id = await groups.open(3)
    for person in (1, 2):
        await groups.join(group_id, person)
    expiry = Expiry(ledger, clock)
    clock.at += timedelta(hours=1) - timedelta(microseconds=1)
    await expiry.step()
    assert (await groups.look(group_id)).state == OPEN
    clock.at += timedelta(microseconds=1)
    assert await refusal(groups.join(group_id, 3)) == "GROUP_CLOSED"
    await asyncio.gather(*(Expiry(ledger, clock).step() for _ in range(3)))
    assert (await groups.look(group_id)).state == VOIDED
    assert await groups.points(1, 2, 3) == [8, 8, 8]
    await assert_sound(ledger)


async def test_held_points_are_promised_to_one_group_alone(groups: Groups, clock: FixedClock, ledger: Database) -> None:
    first, second = await groups.open(2), await groups.open(2)
    await groups.join(first, 1)
    assert await refusal(groups.join(second, 1)) == "INSUFFICIENT_POINTS"
    assert (await groups.look(second)).members == 0
    assert await refusal(groups.join(first, 404)) == "INSUFFICIENT_POINTS"
    assert await refusal(groups.join(first, 1)) == "ALREADY_JOINED"
    assert await refusal(groups.join(MISSING, 1)) == "GROUP_UNKNOWN"
    clock.at += timedelta(hours=1)
    await Expiry(ledger, clock).step()
    async with ledger.read() as unit:
        assert await unit.driver.fetchval("SELECT sum(held) FROM balance") == 0


async def test_forty_people_at_once_make_a_group_of_thirty_and_not_one_more(groups: Groups, ledger: Database) -> None:
    for person in range(11, 51):
        await groups.shop.give(person, 5, "m_value")
    group_id = await groups.open(30)
    results = Counter(await asyncio.gather(*(refusal(groups.join(group_id, person)) for person in range(11, 51))))
    assert results == {"DONE": 30, "GROUP_STATE": 10}
    assert Counter(await groups.points(*range(11, 51))) == {0: 30, 5: 10}
    await assert_sound(ledger)


async def test_the_last_person_and_the_deadline_at_once_end_the_group_one_way(
    groups: Groups, clock: FixedClock, ledger: Database
) -> None:
    for _ in range(3):
        clock.at = NOON
        group_id = await groups.open(2, price=1)
        await groups.join(group_id, 1)
        before = await groups.points(1, 2)
        joining = asyncio.ensure_future(refusal(groups.join(group_id, 2)))
        await asyncio.sleep(0)
        clock.at = NOON + timedelta(hours=1)
        await Expiry(ledger, clock).step()
        outcome = await joining
        await Expiry(ledger, clock).step()
        state = (await groups.look(group_id)).state
        after = await groups.points(1, 2)
        paid = [have - has for have, has in zip(before, after, strict=True)]
        expected = [1, 1] if state == CAPTURED else [0, 0]
        assert paid == expected
        assert (outcome == "DONE") == (state == CAPTURED)
    await assert_sound(ledger)


async def test_the_database_itself_refuses_a_group_that_is_captured_and_not_full(
    groups: Groups, ledger: Database
) -> None:
    await groups.open(2)
    with pytest.raises(asyncpg.CheckViolationError):
        async with ledger.unit_of_work() as unit:
            await unit.driver.execute("UPDATE group_buy SET state = 'captured', ended_at = now()")
