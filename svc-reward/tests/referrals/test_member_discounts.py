"""Members save at partners by a code that is good once (RWD-34)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from carillon.reward.v1 import member_discount_pb2, member_discount_pb2_grpc, prize_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.domain.member_discount import Discount, MemberCode
from svc_reward.domain.membership import MemberTier

from .circle import MAKER, PORTAL, Circle, stamp
from .referral_values import DAY, NOON

PARTNER = Identity(subject="ktv-client", roles=frozenset({"partner"}))


def discount(**changes: Any) -> Discount:
    values: dict[str, Any] = {
        "merchant": "ktv-9",
        "name": "KTV",
        "percent_off": 20,
        "lowest_tier": MemberTier.PREMIUM,
        "valid_from": NOON - DAY,
        "valid_to": NOON + DAY,
    }
    return Discount(**(values | changes))


def shown(**changes: Any) -> MemberCode:
    values: dict[str, Any] = {
        "code": "K7WP3XHD",
        "subscriber_id": 7,
        "tier": MemberTier.PREMIUM,
        "issued_at": NOON,
        "expires_at": NOON + timedelta(minutes=10),
    }
    return MemberCode(**(values | changes))


def test_the_best_discount_that_fits_merchant_tier_and_day_is_given() -> None:
    offered = [
        discount(number=1, percent_off=10, lowest_tier=MemberTier.ORDINARY),
        discount(number=2),
        discount(number=3, percent_off=90, merchant="other"),
        discount(number=4, percent_off=80, valid_from=NOON + timedelta(seconds=1)),
        discount(number=5, percent_off=70, valid_to=NOON),
    ]
    assert shown().use("ktv-9", offered, NOON)[1].number == 2
    assert shown(tier=MemberTier.ORDINARY).use("ktv-9", offered, NOON)[1].number == 1
    with pytest.raises(StateRefused, match="NO_DISCOUNT"):
        shown().use("stranger", offered, NOON)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant": ""}, "merchant"),
        ({"name": ""}, "name"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"lowest_tier": MemberTier.NON_MEMBER}, "lowest_tier"),
        ({"valid_to": NOON - DAY}, "valid_to"),
    ],
)
def test_discounts_that_can_not_be_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        discount(**changes)
    assert (caught.value.reason, caught.value.field) == ("DISCOUNT_INVALID", field)


def stub_of(circle: Circle) -> "member_discount_pb2_grpc.MemberDiscountServiceStub":
    return member_discount_pb2_grpc.MemberDiscountServiceStub(circle.channel)


async def agree(circle: Circle, *, by: Identity = MAKER) -> int:
    agreed = member_discount_pb2.Discount(
        merchant="ktv-9",
        name="KTV",
        percent_off=20,
        lowest_tier=prize_pb2.MEMBER_TIER_PREMIUM,
        valid_from=stamp(NOON - DAY),
        valid_to=stamp(NOON + 9 * DAY),
    )
    request = member_discount_pb2.CreateDiscountRequest(request_id=circle.key(), discount=agreed)
    with acting_as(by):
        return (await invoke(stub_of(circle).CreateDiscount, request)).discount.number


async def show(
    circle: Circle,
    tier: prize_pb2.MemberTier.ValueType = prize_pb2.MEMBER_TIER_PREMIUM,
    *,
    by: Identity = PORTAL,
) -> str:
    request = member_discount_pb2.IssueMemberCodeRequest(request_id=circle.key(), subscriber_id=7, tier=tier)
    with acting_as(by):
        return (await invoke(stub_of(circle).IssueMemberCode, request)).code


async def take(circle: Circle, code: str, *, by: Identity = PARTNER, key: str = "", merchant: str = "ktv-9") -> int:
    request = member_discount_pb2.UseMemberCodeRequest(request_id=key or circle.key(), code=code, merchant=merchant)
    with acting_as(by):
        return (await invoke(stub_of(circle).UseMemberCode, request)).discount.percent_off


async def test_a_member_shows_a_code_and_a_partner_takes_it_once(circle: Circle) -> None:
    await agree(circle)
    code = await show(circle)
    with pytest.raises(StateRefused, match="NO_DISCOUNT"):
        await take(circle, code, merchant="stranger")
    assert [await take(circle, code, key="once") for _ in range(2)] == [20, 20]
    with pytest.raises(StateRefused, match="MEMBER_CODE_USED"):
        await take(circle, code)
    codes = [await show(circle) for _ in range(2)]
    answers = await asyncio.gather(*(take(circle, codes[0]) for _ in range(5)), return_exceptions=True)
    assert [one.reason for one in answers if isinstance(one, DomainError)] == ["MEMBER_CODE_USED"] * 4
    circle.clock.at += timedelta(minutes=10)
    with pytest.raises(StateRefused, match="MEMBER_CODE_EXPIRED"):
        await take(circle, codes[1])


async def test_who_is_no_member_or_may_not_gets_nothing(circle: Circle) -> None:
    await agree(circle)
    with pytest.raises(StateRefused, match="MEMBERSHIP_REQUIRED"):
        await show(circle, prize_pb2.MEMBER_TIER_NON_MEMBER)
    ordinary = await show(circle, prize_pb2.MEMBER_TIER_ORDINARY)
    with pytest.raises(StateRefused, match="NO_DISCOUNT"):
        await take(circle, ordinary)
    for asking in (agree(circle, by=PARTNER), show(circle, by=PARTNER), take(circle, ordinary, by=PORTAL)):
        with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
            await asking
    with pytest.raises(NotFound, match="MEMBER_CODE_UNKNOWN"):
        await take(circle, "22222222")
    with pytest.raises(InvalidInput, match="MEMBER_CODE_INVALID"):
        await take(circle, "nonsense")


async def test_what_partners_give_is_listed_page_by_page(circle: Circle) -> None:
    numbers = [await agree(circle) for _ in range(3)]
    first = await invoke(stub_of(circle).ListDiscounts, member_discount_pb2.ListDiscountsRequest(page_size=2))
    rest = await invoke(
        stub_of(circle).ListDiscounts,
        member_discount_pb2.ListDiscountsRequest(page_size=2, page_token=first.next_page_token),
    )
    assert [one.number for one in (*first.discounts, *rest.discounts)] == numbers
