"""Reports of a campaign's stages, over real gRPC and PostgreSQL (RWD-01): everything owed is in exactly one of them."""

import asyncio
import csv
import hashlib
import io
import json
import uuid

import asyncpg
import pytest

from carillon.reward.v1 import fulfilment_pb2, prize_pb2, sale_pb2, sale_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from svc_reward.worker.placing_clerk import PlacingClerk

from ..shop import POINTS, moment, prize  # noqa: TID252 -- tests have no name to import by
from .desks import AUDITOR, GUANGZHOU, PORTAL, PROVINCE, SHENZHEN, Desks, Segment, states_of

# Everything of an item under another id.
COPY = """
INSERT INTO fulfilment SELECT gen_random_uuid(), report, source, kind, subscriber_id, prize, name, quantity, amount_fen,
       funding, issued_city, city, state, attempt, reported_by, verified_by, reference, reason, changed_at FROM fulfilment
"""
ISSUED, PLACING = fulfilment_pb2.REWARD_REPORT_STATE_ISSUED, fulfilment_pb2.REWARD_REPORT_STATE_PLACING


async def sell(desks: Desks, *people: int) -> str:
    """A flash sale, and its pieces paid by those people."""
    stub = sale_pb2_grpc.SaleServiceStub(desks.channel)
    sale = sale_pb2.Sale(
        name='秒杀 "doll"', opens_at=moment("2020-01-01"), closes_at=moment("2100-01-01"), hold_seconds=60
    )
    made = await invoke(stub.CreateSale, sale_pb2.CreateSaleRequest(request_id=desks.key(), sale=sale, stock=10))
    attempts = [sale_pb2.Attempt(request_id=desks.key(), sale_id=made.id, subscriber_id=one) for one in people]
    answer = await invoke(stub.Claim, sale_pb2.ClaimRequest(attempts=attempts))
    for outcome in answer.outcomes[:-1]:
        paid = sale_pb2.PayRequest(request_id=desks.key(), claim_id=outcome.claim_id, reference="bank-7")
        await invoke(stub.Pay, paid)
    return made.id


async def test_a_stage_reports_winners_redemptions_claims_and_granted_phone_credit(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    segment.cities |= {2: "shenzhen", 3: "guangzhou", 5: " guangzhou "}
    draw = await desks.draw([(1, "phone"), (2, "phone")])
    await desks.shop.stock(prize(), 10)
    voucher = prize(code="cup", kind=prize_pb2.PRIZE_KIND_VOUCHER, voucher_days=30)
    await desks.shop.stock(voucher, 10)
    await desks.shop.give(2, 1000)
    redemption = await desks.shop.redeem(2, quantity=2)
    await desks.shop.redeem(2, code="cup")
    cancelled = await desks.shop.redeem(2)
    await desks.shop.cancel(cancelled.id)
    sale = await sell(desks, 3, 4)
    await desks.fund(5000)
    granted = await desks.grant(5, 1000)
    report = await desks.issue(prizes=["doll", "cup"], sales=[sale])
    assert (report.state, report.items, report.file_sha256) == (PLACING, 5, "")
    assert await placing.step() == 3
    items = {item.source: item for item in await desks.items(report.id)}
    assert {source.split(":")[0] for source in items} == {"draw", "redemption", "claim", "transfer"}
    assert [items[f"draw:{draw}:{award}"].city for award in (1, 2)] == ["guangzhou", "guangzhou"]
    doll = items[f"redemption:{redemption.id}"]
    assert (doll.city, doll.quantity, doll.name, doll.kind) == (
        "shenzhen", 2, "Migu doll", fulfilment_pb2.FULFILMENT_KIND_GIFT,
    )  # fmt: skip
    credit = items[f"transfer:{granted}:5"]
    assert (credit.city, credit.amount_fen) == ("guangzhou", 1000)
    assert credit.kind == fulfilment_pb2.FULFILMENT_KIND_PHONE_CREDIT
    (claimed,) = [item for source, item in items.items() if source.startswith("claim:")]
    assert (claimed.subscriber_id, claimed.city, claimed.prize) == (3, "guangzhou", sale)
    issued = await desks.report(report.id)
    assert issued.state == ISSUED
    assert states_of(issued) == {"guangzhou": {"reported": (4, 1000)}, "shenzhen": {"reported": (1, 0)}}
    assert await placing.step() == 0


async def test_a_stage_reported_again_is_the_first_one_and_adds_nothing(desks: Desks) -> None:
    await desks.draw([(1, "phone")])
    first = await desks.issue(key="k")
    assert await desks.issue(key="k") == first
    await desks.draw([(2, "phone")])
    assert await desks.issue() == first
    with pytest.raises(Conflict) as caught:
        await desks.issue(prizes=["doll"])
    assert caught.value.reason == "REPORT_DIFFERS"
    following = await desks.issue("2026-12")
    assert [item.subscriber_id for item in await desks.items(following.id)] == [2]
    assert [report.stage for report in await desks.reports()] == ["2026-11", "2026-12"]


async def test_many_reports_at_once_hold_everything_once(desks: Desks) -> None:
    for number in range(3):
        await desks.draw([(10 * number + one, "phone") for one in range(1, 8)])
    reports = await asyncio.gather(*(desks.issue(f"stage-{number % 3}") for number in range(9)))
    sources = [item.source for one in {report.id for report in reports} for item in await desks.items(one)]
    assert (len(sources), len(set(sources))) == (21, 21)


async def test_the_database_refuses_to_owe_a_source_twice_and_to_change_what_is_owed(desks: Desks) -> None:
    await desks.draw([(1, "phone")])
    report = await desks.issue()
    for statement in (
        COPY,
        "UPDATE fulfilment SET quantity = 2",
        "UPDATE fulfilment SET state = 'completed', reference = 'x', verified_by = 'y'",
        "UPDATE fulfilment SET state = 'verified', verified_by = 'province'",
        "UPDATE fulfilment SET state = 'paying', verified_by = 'y'",
        "UPDATE fulfilment SET city = 'shenzhen'",
        "DELETE FROM fulfilment",
        "UPDATE fulfilment_step SET note = 'x'",
        "DELETE FROM fulfilment_step",
        "UPDATE reward_report SET file_sha256 = repeat('0', 64)",
        "UPDATE reward_report SET issued_by = 'x'",
        "DELETE FROM reward_report",
    ):
        with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)):
            async with desks.database.unit_of_work() as unit:
                await unit.driver.execute(statement)
    assert len(await desks.items(report.id)) == 1


async def test_the_file_has_the_same_bytes_every_time_whatever_becomes_of_the_items(desks: Desks) -> None:
    await desks.draw([(1, "phone"), (2, "cup")])
    await desks.draw([(3, "phone")], branch="shenzhen")
    report = await desks.issue(credits={"cup": 500})
    whole = await desks.file(report.id)
    assert hashlib.sha256(whole).hexdigest() == report.file_sha256
    rows = list(csv.DictReader(io.StringIO(whole.decode(), newline="")))
    assert [(row["city"], row["subscriber_id"], row["name"], row["amount_fen"]) for row in rows] == [
        ("guangzhou", "1", "奖品, phone", "0"),
        ("guangzhou", "2", "奖品, cup", "500"),
        ("shenzhen", "3", "奖品, phone", "0"),
    ]
    part = await desks.file(report.id, by=SHENZHEN)
    assert {city.city: city.file_sha256 for city in report.cities}["shenzhen"] == hashlib.sha256(part).hexdigest()
    assert part.decode().count("\r\n") == 2
    (item,) = await desks.items(report.id, city="shenzhen")
    await desks.fail(item.id, by=SHENZHEN)
    await desks.again(item.id, "guangzhou")
    assert await desks.file(report.id, by=AUDITOR) == whole
    assert await desks.file(report.id, by=SHENZHEN) == part
    with pytest.raises(NotFound):
        await desks.file(report.id, city="foshan")


async def test_what_was_granted_is_the_ledgers_own_sum_each_entry_in_one_stage(desks: Desks) -> None:
    await desks.fund(10_000, currency="seeds")
    await desks.grant(1, 300, currency="seeds")
    wrong = await desks.grant(2, 200, currency="seeds")
    first = await desks.issue("one")
    await desks.ledger.reverse(wrong)
    await desks.fund(500, currency="seeds")
    await desks.grant(3, 50, currency="seeds")
    second = await desks.issue("two")
    totals = [
        [(one.currency, one.transfers, one.amount, one.first_entry, one.last_entry) for one in report.grants]
        for report in (first, second)
    ]
    assert totals == [[("seeds", 2, 500, 1, 3)], [("seeds", 1, -150, 4, 6)]]
    assert first.items == second.items == 0
    assert list((await desks.report(first.id, by=GUANGZHOU)).grants) == []


async def test_phone_credit_of_a_prize_needs_its_worth(desks: Desks, placing: PlacingClerk) -> None:
    await desks.shop.stock(prize(code="card", kind=prize_pb2.PRIZE_KIND_PHONE_CREDIT), 10)
    await desks.shop.give(1, 1000)
    await desks.shop.redeem(1, code="card", quantity=3)
    with pytest.raises(InvalidInput) as caught:
        await desks.issue(prizes=["card"])
    assert caught.value.reason == "CREDIT_UNKNOWN"
    report = await desks.issue(prizes=["card"], credits={"card": 1000})
    await placing.step()
    (item,) = await desks.items(report.id)
    assert (item.amount_fen, item.quantity, item.city) == (3000, 3, "")
    assert await desks.shop.points(1, POINTS) == 910


GIVEN = """
INSERT INTO reward_grant (id, source, part, owner_kind, owner, order_id, occurred_at, once, shares, rewards,
    default_choice, choose_days, chosen, state, reason, reference, changed_at)
VALUES (gen_random_uuid(), $1, 0, 'subscriber', '1', '', now(), false, 1, $2::text::jsonb, 0, 0, 1, 'given', '', $1, now())
"""


async def test_a_prize_granted_by_rule_is_owed_by_the_campaign_whose_budget_paid_it(desks: Desks) -> None:
    await desks.shop.stock(prize(), 10)
    await desks.shop.give(1, 1000)
    kept = []
    for campaign in ("stars", "others", "stars"):
        redemption = await desks.shop.redeem(1)
        kept.append(redemption.id)
        rewards = [{"kind": "benefit"}, {"kind": "prize", "campaign_id": campaign}]
        async with desks.database.unit_of_work() as unit:
            await unit.driver.execute(GIVEN, redemption.id, json.dumps(rewards))
    await desks.shop.cancel(kept[2])
    report = await desks.issue("one")
    assert [item.source for item in await desks.items(report.id)] == [f"redemption:{kept[0]}"]
    rest = await desks.issue("two", prizes=["doll"])
    assert [item.source for item in await desks.items(rest.id)] == [f"redemption:{kept[1]}"]


async def test_a_reversed_grant_is_owed_to_nobody(desks: Desks) -> None:
    await desks.fund(1000)
    await desks.ledger.reverse(await desks.grant(1, 500))
    assert (await desks.issue()).items == 0


async def test_only_the_province_reports_and_a_city_sees_its_own(desks: Desks) -> None:
    await desks.draw([(1, "phone")])
    await desks.draw([(2, "phone")], branch="shenzhen")
    for caller in (GUANGZHOU, AUDITOR, PORTAL):
        with pytest.raises(PermissionRefused) as caught:
            await desks.issue(by=caller)
        assert caught.value.reason == "ROLE_MISSING"
    report = await desks.issue()
    assert set(states_of(await desks.report(report.id, by=AUDITOR))) == {"guangzhou", "shenzhen"}
    assert set(states_of(await desks.report(report.id, city="shenzhen"))) == {"shenzhen"}
    assert set(states_of(await desks.report(report.id, by=GUANGZHOU))) == {"guangzhou"}
    (own,) = await desks.items(report.id, by=GUANGZHOU)
    assert own.city == "guangzhou"
    for call in (desks.items(report.id, by=GUANGZHOU, city="shenzhen"), desks.reports(by=GUANGZHOU, city="shenzhen")):
        with pytest.raises(PermissionRefused) as caught:
            await call
        assert caught.value.reason == "BRANCH_FOREIGN"
    with pytest.raises(PermissionRefused):
        await desks.reports(by=PORTAL)


async def test_items_come_in_pages_and_by_state(desks: Desks) -> None:
    await desks.draw([(one, "phone") for one in range(1, 8)])
    report = await desks.issue()
    items = await desks.items(report.id, page_size=3)
    assert sorted(item.subscriber_id for item in items) == list(range(1, 8))
    assert [item.id for item in items] == sorted(item.id for item in items)
    await desks.verify(items[0].id)
    verified = await desks.items(report.id, state=fulfilment_pb2.FULFILMENT_STATE_VERIFIED)
    assert [item.id for item in verified] == [items[0].id]
    with pytest.raises(InvalidInput):
        await desks.stub_page(report.id, "nonsense")


@pytest.mark.parametrize(
    "changes", [{"stage": ""}, {"stage": "a b"}, {"campaign": "a/b"}, {"prizes": ["a b"]}, {"sales": ["x"]}, {"credits": {"p": 0}}]
)  # fmt: skip
async def test_a_report_of_the_wrong_shape_is_refused(desks: Desks, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        await desks.issue(**{"stage": "x", **changes})  # type: ignore[arg-type]  # keywords by name


async def test_what_does_not_exist_is_not_found(desks: Desks) -> None:
    nobody = str(uuid.uuid4())
    for call in (desks.report(nobody), desks.file(nobody), desks.items(nobody), desks.look(nobody)):
        with pytest.raises(DomainError) as caught:
            await call
        assert caught.value.reason in {"REPORT_UNKNOWN", "FULFILMENT_UNKNOWN"}
    for change in (desks.verify(nobody), desks.complete(nobody), desks.fail(nobody), desks.again(nobody)):
        with pytest.raises(NotFound):
            await change


async def test_there_is_no_file_before_all_cities_are_known(
    desks: Desks, segment: Segment, placing: PlacingClerk
) -> None:
    await desks.draw([(1, "phone")], branch="")
    report = await desks.issue()
    (item,) = await desks.items(report.id)
    assert not item.HasField("city")
    with pytest.raises(StateRefused) as caught:
        await desks.file(report.id)
    assert caught.value.reason == "REPORT_STATE"
    with pytest.raises(StateRefused) as caught:
        await desks.verify(item.id, by=PROVINCE)
    assert caught.value.reason == "CITY_UNKNOWN"
    segment.cities[1] = "foshan"
    await placing.step()
    assert (await desks.look(item.id)).fulfilment.city == "foshan"
    assert b",foshan,draw:" in await desks.file(report.id, city="foshan")
