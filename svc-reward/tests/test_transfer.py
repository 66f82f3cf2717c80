"""The rules of accounts and transfers, as tables."""

import pytest

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import KIND_RULES, AccountKind, AccountName, budget_account, subscriber_account
from svc_reward.domain.currency import CURRENCIES
from svc_reward.domain.transfer import MAX_LEG_AMOUNT, MAX_LEGS, Leg, Transfer

BUDGET = budget_account("spring", "seeds")


def leg(owner: int, amount: int, currency: str = "seeds") -> Leg:
    return Leg(account=subscriber_account(owner, currency), amount=amount)


def make(*legs: Leg, transfer_id: str = "t-1", reason: str = "test") -> Transfer:
    return Transfer(transfer_id=transfer_id, legs=legs, reason=reason)


def test_only_what_comes_from_the_operator_or_is_owed_to_it_may_go_below_zero() -> None:
    unlimited = {AccountKind.ISSUANCE, AccountKind.EXPENSE, AccountKind.RECEIVABLE}
    assert {kind for kind in AccountKind if KIND_RULES[kind].minimum is None} == unlimited
    assert {KIND_RULES[kind].minimum for kind in set(AccountKind) - unlimited} == {0}


def test_every_reward_currency_of_the_requirements_has_its_own_ledger() -> None:
    assert len(CURRENCIES) == 9


@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        (AccountKind.ISSUANCE, "somebody"),
        (AccountKind.CAMPAIGN_BUDGET, ""),
        (AccountKind.CAMPAIGN_BUDGET, "a b"),
        (AccountKind.CAMPAIGN_BUDGET, "a\n"),
        (AccountKind.CAMPAIGN_BUDGET, "x" * 65),
        (AccountKind.SUBSCRIBER, "0"),
        (AccountKind.SUBSCRIBER, "-1"),
        (AccountKind.SUBSCRIBER, "007"),
        (AccountKind.SUBSCRIBER, "1\n"),
        (AccountKind.SUBSCRIBER, "\u0661"),  # a digit, though not one of ours
        (AccountKind.SUBSCRIBER, "+8613800138000"),
    ],
)
def test_an_account_is_refused_an_owner_its_kind_can_not_have(kind: AccountKind, owner: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        AccountName(kind=kind, owner=owner, currency="seeds")
    assert caught.value.reason == "OWNER_INVALID"


def test_a_currency_that_no_ledger_is_kept_in_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        budget_account("spring", "dollars")
    assert (caught.value.reason, caught.value.field) == ("CURRENCY_UNKNOWN", "currency")


@pytest.mark.parametrize("amount", [0, MAX_LEG_AMOUNT + 1, -MAX_LEG_AMOUNT - 1])
def test_a_leg_of_nothing_or_of_too_much_is_refused(amount: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        leg(1, amount)
    assert caught.value.reason == "AMOUNT_INVALID"


@pytest.mark.parametrize(
    ("legs", "reason"),
    [
        ((), "TRANSFER_INVALID"),
        ((leg(1, 5),), "TRANSFER_INVALID"),
        ((leg(1, 5), leg(2, -4)), "UNBALANCED"),
        ((leg(1, 5), leg(2, 5)), "UNBALANCED"),
        ((leg(1, 5), leg(2, -5, "m_value")), "CURRENCY_MIXED"),
        ((leg(1, 5), leg(1, -5)), "TRANSFER_INVALID"),
        ((leg(1, 5), leg(2, -3), leg(2, -2)), "TRANSFER_INVALID"),
        ((leg(1, MAX_LEGS), *(leg(n + 2, -1) for n in range(MAX_LEGS))), "TRANSFER_INVALID"),
    ],
)
def test_a_transfer_that_is_none_is_refused(legs: tuple[Leg, ...], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(*legs)
    assert (caught.value.reason, caught.value.field) == (reason, "legs")


@pytest.mark.parametrize(
    ("field", "text"), [("transfer_id", ""), ("transfer_id", "a\x00b"), ("transfer_id", "x" * 201), ("reason", "\n")]
)
def test_a_transfer_is_refused_words_that_can_not_be_read_or_kept(field: str, text: str) -> None:
    words = {"transfer_id": "t-1", "reason": "test"} | {field: text}
    with pytest.raises(InvalidInput) as caught:
        make(leg(1, 5), leg(2, -5), **words)
    assert caught.value.field == field


def test_the_widest_transfer_is_booked_whole() -> None:
    widest = make(leg(1, MAX_LEGS - 1), *(leg(n + 2, -1) for n in range(MAX_LEGS - 1)))
    assert len(widest.legs) == MAX_LEGS


def test_the_digest_is_of_the_legs_in_any_order_and_not_of_the_words() -> None:
    first = make(leg(1, 5), leg(2, -5))
    assert first.digest == make(leg(2, -5), leg(1, 5), reason="other words").digest
    assert first.digest != make(leg(1, -5), leg(2, 5)).digest
    assert first.digest != make(leg(1, 5), leg(3, -5)).digest
    assert first.digest != make(leg(1, 5, "m_value"), leg(2, -5, "m_value")).digest
