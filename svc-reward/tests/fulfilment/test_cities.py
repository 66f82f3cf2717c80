"""What cities verify, hand over, fail and are told again (RWD-02, RWD-03), over real gRPC and PostgreSQL."""

import asyncio
from collections import Counter

import pytest

from carillon.reward.v1 import fulfilment_pb2
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from svc_reward.worker.placing_clerk import PlacingClerk

from ..shop import prize  # noqa: TID252 -- tests have no name to import by
from .desks import (
    AUDITOR,
    COMPLETED,
    FAILED,
    GUANGZHOU,
    OTHER_PROVINCE,
    PORTAL,
    PROVINCE,
    REPORTED,
    SHENZHEN,
    VERIFIED,
    Desks,
    Segment,
    states_of,
)


async def owe(desks: Desks, *, branch: str = "guangzhou") -> fulfilment_pb2.Fulfilment:
    """One phone for subscriber 1."""
    await desks.draw([(1, "phone")], branch=branch)
    report = await desks.issue(desks.key())
    (item,) = await desks.items(report.id)
    return item


async def reason_of(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a call of the desks
    except DomainError as error:
        return error.reason
    return "DONE"


async def test_a_city_verifies_and_hands_over_and_the_province_sees_it(desks: Desks) -> None:
    item = await owe(desks)
    assert (item.state, item.reported_by, item.attempt) == (REPORTED, "province", 1)
    verified = await desks.verify(item.id)
    assert (verified.state, verified.verified_by) == (VERIFIED, "gz")
    completed = await desks.complete(item.id, "SF1029384756")
    assert (completed.state, completed.reference) == (COMPLETED, "SF1029384756")
    view = await desks.look(item.id, by=AUDITOR)
    assert [(step.step, step.state, step.by, step.note) for step in view.steps] == [
        ("report", REPORTED, "province", ""),
        ("verify", VERIFIED, "gz", ""),
        ("hand_over", COMPLETED, "gz", "SF1029384756"),
    ]
    assert states_of(await desks.report(item.report_id)) == {"guangzhou": {"completed": (1, 0)}}


async def test_calls_sent_again_are_answered_as_the_first_time(desks: Desks) -> None:
    item = await owe(desks)
    assert await desks.verify(item.id, key="v") == await desks.verify(item.id, key="v")
    done = await desks.complete(item.id, key="c")
    assert await desks.complete(item.id, key="c") == done
    with pytest.raises(Conflict):
        await desks.complete(item.id, "SF-2", key="c")


async def test_who_reported_can_not_verify(desks: Desks) -> None:
    await desks.draw([(1, "phone")], branch="")
    report = await desks.issue()
    (item,) = await desks.items(report.id)
    async with desks.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE fulfilment SET city = '', issued_city = ''")
    with pytest.raises(PermissionRefused) as caught:
        await desks.verify(item.id, by=PROVINCE)
    assert caught.value.reason == "MAKER_IS_CHECKER"
    assert (await desks.verify(item.id, by=OTHER_PROVINCE)).state == VERIFIED


async def test_no_other_city_nor_the_province_hands_over_what_is_a_citys(desks: Desks) -> None:
    item = await owe(desks)
    for call in (
        desks.look(item.id, by=SHENZHEN),
        desks.verify(item.id, by=SHENZHEN),
        desks.complete(item.id, by=SHENZHEN),
        desks.fail(item.id, by=SHENZHEN),
    ):
        with pytest.raises(NotFound) as hidden:
            await call
        assert hidden.value.reason == "FULFILMENT_UNKNOWN"
    for change in (desks.verify(item.id, by=OTHER_PROVINCE), desks.fail(item.id, by=PROVINCE)):
        with pytest.raises(PermissionRefused) as foreign:
            await change
        assert foreign.value.reason == "CITY_FOREIGN"
    for caller in (AUDITOR, PORTAL):
        assert await reason_of(desks.verify(item.id, by=caller)) == "ROLE_MISSING"
    assert (await desks.look(item.id)).fulfilment.state == REPORTED


async def test_nothing_is_handed_over_unverified_or_twice(desks: Desks) -> None:
    item = await owe(desks)
    with pytest.raises(StateRefused) as caught:
        await desks.complete(item.id)
    assert caught.value.metadata == {"state": "reported", "step": "hand_over"}
    await desks.verify(item.id)
    results = Counter(await asyncio.gather(*(reason_of(desks.complete(item.id)) for _ in range(10))))
    assert results == {"DONE": 1, "FULFILMENT_STATE": 9}
    for late in (desks.fail(item.id), desks.verify(item.id), desks.again(item.id)):
        assert await reason_of(late) == "FULFILMENT_STATE"
    assert len((await desks.look(item.id)).steps) == 3


@pytest.mark.parametrize("reference", ["", "   ", "line\nbreak"])
async def test_a_hand_over_needs_its_reference(desks: Desks, reference: str) -> None:
    item = await owe(desks)
    await desks.verify(item.id)
    with pytest.raises(InvalidInput) as caught:
        await desks.complete(item.id, reference)
    assert caught.value.reason in {"REFERENCE_MISSING", "REFERENCE_INVALID"}


async def test_a_failed_item_is_corrected_and_reported_again_once_with_its_history(desks: Desks) -> None:
    item = await owe(desks)
    assert await reason_of(desks.fail(item.id, " ")) == "REASON_MISSING"
    failed = await desks.fail(item.id, "lives in Shenzhen")
    assert (failed.state, failed.reason) == (FAILED, "lives in Shenzhen")
    assert await reason_of(desks.again(item.id, by=GUANGZHOU)) == "ROLE_MISSING"
    again = await desks.again(item.id, "shenzhen", by=OTHER_PROVINCE, note="moved in May")
    assert (again.state, again.attempt, again.city, again.reason) == (REPORTED, 2, "shenzhen", "")
    assert again.reported_by == "other-province"
    assert await reason_of(desks.verify(item.id, by=GUANGZHOU)) == "FULFILMENT_UNKNOWN"
    await desks.verify(item.id, by=SHENZHEN)
    await desks.fail(item.id, "refused to take it", by=SHENZHEN)
    assert await reason_of(desks.again(item.id)) == "REPORT_FINAL"
    steps = (await desks.look(item.id)).steps
    assert [(step.step, step.note) for step in steps] == [
        ("report", ""),
        ("fail", "lives in Shenzhen"),
        ("report_again", "moved in May"),
        ("verify", ""),
        ("fail", "refused to take it"),
    ]


async def test_an_item_can_not_fail_before_it_has_a_city_and_then_gets_one(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    segment.cities[1] = "guangzhou"
    item = await owe(desks, branch="")
    assert await reason_of(desks.fail(item.id, by=PROVINCE)) == "CITY_UNKNOWN"
    assert await placing.step() == 1
    assert (await desks.look(item.id)).fulfilment.city == "guangzhou"
    assert (await desks.fail(item.id)).state == FAILED


async def test_what_is_handed_over_marks_its_redemption_and_the_stock(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    segment.cities[1] = "guangzhou"
    await desks.shop.stock(prize(), 10)
    await desks.shop.give(1, 100)
    kept, cancelled = await desks.shop.redeem(1, quantity=2), await desks.shop.redeem(1)
    report = await desks.issue(prizes=["doll"])
    await placing.step()
    items = {item.source: item.id for item in await desks.items(report.id)}
    for item_id in items.values():
        await desks.verify(item_id)
    await desks.shop.cancel(cancelled.id)
    with pytest.raises(StateRefused) as caught:
        await desks.complete(items[f"redemption:{cancelled.id}"])
    assert caught.value.reason == "REDEMPTION_STATE"
    assert (await desks.look(items[f"redemption:{cancelled.id}"])).fulfilment.state == VERIFIED
    await desks.complete(items[f"redemption:{kept.id}"])
    assert await desks.shop.stock_of() == (10, 0, 2)
    assert await reason_of(desks.shop.cancel(kept.id)) == "REDEMPTION_STATE"
