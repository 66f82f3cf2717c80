"""Mailings to premium members (RWD-31), and cities that do thousands of items at once (RWD-02)."""

import pytest

from carillon.reward.v1 import fulfilment_pb2, prize_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.worker.placing_clerk import PlacingClerk

from ..shop import prize  # noqa: TID252 -- tests have no name to import by
from .desks import AUDITOR, GUANGZHOU, OTHER_PROVINCE, PROVINCE, SHENZHEN, Desks, Segment, states_of


async def post_to(
    desks: Desks, *people: int, by: Identity = PROVINCE, name: str = "Leaflet and key chain", stage: str = "spring"
) -> fulfilment_pb2.RewardReport:
    request = fulfilment_pb2.IssueMailingRequest(
        request_id=desks.key(), campaign="club", stage=stage, code="leaflet", name=name, subscriber_ids=people
    )
    with acting_as(by):
        return (await invoke(desks.stub.IssueMailing, request, timeout_seconds=60)).report


async def verify_city(
    desks: Desks, report_id: str, *, by: Identity = GUANGZHOU, prize_code: str | None = None, key: str = ""
) -> int:
    request = fulfilment_pb2.VerifyCityRequest(request_id=key or desks.key(), report_id=report_id, prize=prize_code)
    with acting_as(by):
        answer = await invoke(desks.stub.VerifyCity, request, timeout_seconds=60)
    assert not answer.more
    return answer.verified


async def complete_city(
    desks: Desks, report_id: str, prize_code: str, reference: str = "POST-1", *, by: Identity = GUANGZHOU
) -> int:
    request = fulfilment_pb2.CompleteCityRequest(
        request_id=desks.key(), report_id=report_id, prize=prize_code, reference=reference
    )
    with acting_as(by):
        return (await invoke(desks.stub.CompleteCity, request, timeout_seconds=60)).completed


async def test_a_mailing_is_a_list_for_each_city_that_it_sends_as_one(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    segment.cities |= {1: "guangzhou", 2: "guangzhou", 3: "shenzhen"}
    report = await post_to(desks, 3, 1, 2, 1)
    assert report.items == 3
    await placing.step()
    assert (await desks.file(report.id, city="guangzhou")).decode().splitlines()[1:] == [
        f"{report.id},club,spring,guangzhou,mailing:club:spring:{one},mailing,leaflet,Leaflet and key chain,1,0,{one}"
        for one in (1, 2)
    ]
    assert await complete_city(desks, report.id, "leaflet") == 0, "nothing is verified yet"
    assert await verify_city(desks, report.id) == 2
    assert await complete_city(desks, report.id, "leaflet", "POST-2026-7") == 2
    assert states_of(await desks.report(report.id)) == {
        "guangzhou": {"completed": (2, 0)},
        "shenzhen": {"reported": (1, 0)},
    }
    items = await desks.items(report.id, by=GUANGZHOU)
    assert {item.reference for item in items} == {"POST-2026-7"}
    assert [step.step for step in (await desks.look(items[0].id)).steps] == ["report", "verify", "hand_over"]


async def test_the_same_mailing_again_is_the_first_and_another_needs_another_stage(desks: Desks) -> None:
    first = await post_to(desks, 1, 2)
    assert await post_to(desks, 2, 1) == first
    for other in (post_to(desks, 1, 2, name="Hat"), post_to(desks, 1, 2, 3)):
        with pytest.raises(Conflict) as caught:
            await other
        assert caught.value.reason == "REPORT_DIFFERS"
    assert (await post_to(desks, 1, stage="summer")).items == 1


async def test_who_may_not_mails_nothing(desks: Desks) -> None:
    for caller in (GUANGZHOU, AUDITOR):
        with pytest.raises(PermissionRefused):
            await post_to(desks, 1, by=caller)
    with pytest.raises(PermissionRefused):
        await verify_city(desks, (await post_to(desks, 1)).id, by=AUDITOR)
    for recipients, name in (((), "x"), ((1,), ""), ((1,), "line\nbreak"), ((0,), "x")):
        with pytest.raises(InvalidInput):
            await post_to(desks, *recipients, name=name)


async def test_a_city_verifies_its_own_alone_and_not_what_the_caller_reported(desks: Desks) -> None:
    await desks.draw([(1, "phone"), (2, "cup")])
    await desks.draw([(3, "phone")], branch="shenzhen")
    await desks.draw([(4, "phone")], branch="")
    report = await desks.issue()
    async with desks.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE fulfilment SET city = '', issued_city = '' WHERE city IS NULL")
    assert await verify_city(desks, report.id, prize_code="cup") == 1
    assert await verify_city(desks, report.id, key="k") == 1
    assert await verify_city(desks, report.id, key="k") == 1
    assert await verify_city(desks, report.id) == 0
    assert await verify_city(desks, report.id, by=PROVINCE) == 0
    assert await verify_city(desks, report.id, by=OTHER_PROVINCE) == 1
    assert await verify_city(desks, report.id, by=SHENZHEN) == 1
    assert await complete_city(desks, report.id, "phone", by=SHENZHEN) == 1


async def test_redemptions_are_fulfilled_with_their_citys_list_and_phone_credit_is_left_out(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    segment.cities[1] = "guangzhou"
    await desks.shop.stock(prize(), 10)
    await desks.shop.stock(prize(code="card", kind=prize_pb2.PRIZE_KIND_PHONE_CREDIT), 10)
    await desks.shop.give(1, 1000)
    kept = [await desks.shop.redeem(1), await desks.shop.redeem(1, quantity=2)]
    await desks.shop.redeem(1, code="card")
    report = await desks.issue(prizes=["doll", "card"], credits={"card": 100})
    await placing.step()
    assert await verify_city(desks, report.id) == 3
    assert await complete_city(desks, report.id, "card") == 0
    with pytest.raises(InvalidInput):
        await complete_city(desks, report.id, "doll", "  ")
    await desks.shop.cancel(kept[0].id)
    with pytest.raises(StateRefused) as caught:
        await complete_city(desks, report.id, "doll")
    assert caught.value.reason == "REDEMPTION_STATE"
    assert await desks.shop.stock_of() == (10, 2, 0)
    (gone,) = [item for item in await desks.items(report.id) if item.source == f"redemption:{kept[0].id}"]
    await desks.fail(gone.id, "cancelled by the subscriber")
    assert await complete_city(desks, report.id, "doll") == 1
    assert await desks.shop.stock_of() == (10, 0, 2)


async def test_a_report_nobody_knows_has_no_city(desks: Desks) -> None:
    nobody = "0190a5c2-0000-7000-8000-000000000001"
    for call in (verify_city(desks, nobody), complete_city(desks, nobody, "doll")):
        with pytest.raises(DomainError) as caught:
            await call
        assert caught.value.reason == "REPORT_UNKNOWN"
