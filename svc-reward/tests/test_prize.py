"""Prizes, stock, tiers and the life of a redemption as pure rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.prize import Prize, PrizeKind
from svc_reward.domain.redemption import TRANSITIONS, Redemption, RedemptionState, book_redemption
from svc_reward.domain.stock import Stock

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def prize(**overrides: object) -> Prize:
    fields: dict[str, object] = {
        "code": "doll", "name": "Migu doll", "kind": PrizeKind.PHYSICAL_GIFT, "currency": "music_points", "price": 30,
        "lowest_tier": MemberTier.NON_MEMBER, "valid_from": MAY, "valid_until": JUNE,
    }  # fmt: skip
    return Prize(**{**fields, **overrides})  # type: ignore[arg-type]  # keywords by name


def redemption(state: RedemptionState = RedemptionState.BOOKED) -> Redemption:
    return Redemption(
        id=UUID(int=1), subscriber_id=7, prize="doll", quantity=2, currency="music_points", price=30, state=state,
        booked_at=MAY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"code": "a b"}, "PRIZE_INVALID", "code"),
        ({"code": "a" * 65}, "PRIZE_INVALID", "code"),
        ({"name": " "}, "PRIZE_INVALID", "name"),
        ({"name": "a\nb"}, "PRIZE_INVALID", "name"),
        ({"price": 0}, "PRIZE_INVALID", "price"),
        ({"price": 1_000_000_001}, "PRIZE_INVALID", "price"),
        ({"currency": "euro"}, "CURRENCY_UNKNOWN", "currency"),
        ({"currency": "phone_credit_fen"}, "PRIZE_INVALID", "currency"),
        ({"currency": "commission_fen"}, "PRIZE_INVALID", "currency"),
        ({"valid_until": MAY}, "PRIZE_INVALID", "valid_until"),
        ({"kind": PrizeKind.MEMBER_GIFT}, "PRIZE_INVALID", "lowest_tier"),
        ({"kind": PrizeKind.VOUCHER}, "PRIZE_INVALID", "voucher_days"),
        ({"kind": PrizeKind.VOUCHER, "voucher_days": 3651}, "PRIZE_INVALID", "voucher_days"),
        ({"voucher_days": 30}, "PRIZE_INVALID", "voucher_days"),
    ],
)
def test_a_prize_that_can_not_be_is_refused_by_its_field(fields: dict[str, object], reason: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        prize(**fields)
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize("lowest", MemberTier)
@pytest.mark.parametrize("tier", MemberTier)
def test_premium_has_what_ordinary_has_and_ordinary_what_everybody_has(tier: MemberTier, lowest: MemberTier) -> None:
    order = ["non_member", "ordinary", "premium"]
    assert tier.covers(lowest) == (order.index(tier) >= order.index(lowest))


@pytest.mark.parametrize(
    ("at", "redeemable"),
    [
        (MAY - timedelta(microseconds=1), False),
        (MAY, True),
        (JUNE - timedelta(microseconds=1), True),
        (JUNE, False),
    ],
)
def test_a_prize_is_valid_from_its_first_moment_and_before_its_last(at: datetime, redeemable: bool) -> None:
    if redeemable:
        prize().require_redeemable(MemberTier.NON_MEMBER, at)
        return
    with pytest.raises(StateRefused) as caught:
        prize().require_redeemable(MemberTier.NON_MEMBER, at)
    assert caught.value.reason == "PRIZE_NOT_VALID"


def test_a_member_gift_is_for_members_alone() -> None:
    gift = prize(kind=PrizeKind.MEMBER_GIFT, lowest_tier=MemberTier.PREMIUM)
    gift.require_redeemable(MemberTier.PREMIUM, MAY)
    with pytest.raises(StateRefused) as caught:
        gift.require_redeemable(MemberTier.ORDINARY, MAY)
    assert (caught.value.reason, caught.value.metadata["tier"]) == ("MEMBERSHIP_REQUIRED", "ordinary")


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_a_quantity_that_can_not_be_is_refused(quantity: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        book_redemption(
            prize(), redemption_id=UUID(int=1), subscriber_id=7, quantity=quantity, tier=MemberTier.PREMIUM, at=MAY
        )
    assert caught.value.reason == "QUANTITY_INVALID"


@pytest.mark.parametrize("after", RedemptionState)
@pytest.mark.parametrize("before", RedemptionState)
def test_a_redemption_ends_once_and_a_refusal_names_both_states(
    before: RedemptionState, after: RedemptionState
) -> None:
    if after in TRANSITIONS[before]:
        assert redemption(before).end(after, JUNE).state == after
        return
    with pytest.raises(StateRefused) as caught:
        redemption(before).end(after, JUNE)
    assert caught.value.metadata == {"from": before, "to": after}


def test_the_payment_is_what_all_pieces_cost() -> None:
    payment = redemption().payment
    assert payment.transfer_id == f"redeem:{UUID(int=1)}"
    assert [leg.amount for leg in payment.legs] == [-60, 60]


@given(st.integers(0, 50), st.lists(st.tuples(st.sampled_from(["reserve", "commit", "release"]), st.integers(1, 20))))
def test_no_sequence_promises_more_than_there_is(total: int, steps: list[tuple[str, int]]) -> None:
    stock = Stock(total=total)
    for step, quantity in steps:
        before = stock
        try:
            stock = getattr(stock, step)(quantity)
        except StateRefused:
            assert step == "reserve"
            assert quantity > before.available
        except InvalidInput:
            assert step != "reserve"
            assert quantity > before.reserved
        assert 0 <= stock.reserved + stock.committed <= stock.total
        assert stock.available >= 0
