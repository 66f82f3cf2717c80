"""Voucher codes, their bar codes and the life of a voucher as pure rules."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.bar_code import CODE_PATTERN, check_character, code_128, make_code, read_code
from svc_reward.domain.voucher import LIVE, TRANSITIONS, Voucher, VoucherState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = NOON + timedelta(days=30)
RANDOM = st.binary(min_size=10, max_size=10)


def voucher(state: VoucherState = VoucherState.ISSUED) -> Voucher:
    return Voucher(
        id=UUID(int=1), code=make_code(bytes(10)), redemption_id=UUID(int=2), prize="coffee", state=state,
        issued_at=NOON, expires_at=END, redeemed_at=NOON if state is VoucherState.REDEEMED else None,
    )  # fmt: skip


@given(RANDOM, RANDOM)
def test_codes_are_as_different_as_their_randomness_and_read_back(first: bytes, second: bytes) -> None:
    code = make_code(first)
    assert (make_code(second) == code) == (first == second)
    assert read_code(code) == code
    assert read_code(f" {code[:4]}-{code[4:10]} {code[10:].lower()} ") == code


@given(RANDOM, st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_wrong_character_is_found(random: bytes, place: int, wrong: str) -> None:
    code = make_code(random)
    typed = code[:place] + wrong + code[place + 1 :]
    if typed == code:
        return
    with pytest.raises(InvalidInput) as caught:
        read_code(typed)
    assert caught.value.reason == "VOUCHER_CODE_INVALID"


def is_found(typed: str) -> bool:
    try:
        read_code(typed)
    except InvalidInput:
        return True
    return False


def test_two_neighbours_that_changed_places_are_nearly_always_found() -> None:
    codes = [make_code(hashlib.sha256(bytes([number])).digest()[:10]) for number in range(200)]
    swapped = [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for code in codes
        for place in range(15)
        if code[place] != code[place + 1]
    ]
    found = sum(is_found(typed) for typed in swapped)
    assert found / len(swapped) > 0.99


@pytest.mark.parametrize("written", ["", "0" * 16, "0" * 18, "é" * 17, "0" * 16 + "!"])
def test_what_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_code(written)


def test_the_check_character_is_that_of_the_standard() -> None:
    # ISO 7064's own family: a Global Release Identifier, whose last character is the check.
    assert check_character("A12425GABC1234002") == "M"


def test_the_bar_code_is_that_of_the_standard() -> None:
    # The example of every introduction to Code 128 begins in set A and has the check symbol 54; set B begins one higher.
    assert code_128("PJJ123C") == (104, 48, 42, 42, 17, 18, 19, 35, 55, 106)


@given(RANDOM)
def test_every_code_fits_the_database_and_the_bar_code(random: bytes) -> None:
    code = make_code(random)
    assert re.fullmatch(CODE_PATTERN, code)
    symbols = code_128(code)
    assert len(symbols) == 20
    assert all(0 <= symbol <= 106 for symbol in symbols)


@pytest.mark.parametrize("after", [VoucherState.SHOWN, VoucherState.REDEEMED, VoucherState.VOIDED])
@pytest.mark.parametrize("before", VoucherState)
def test_a_voucher_moves_as_the_table_says(before: VoucherState, after: VoucherState) -> None:
    def step() -> Voucher:
        one = voucher(before)
        if after is VoucherState.SHOWN:
            return one.show(NOON)
        return one.redeem("cafe", NOON) if after is VoucherState.REDEEMED else one.void()

    if after in TRANSITIONS[before]:
        assert step().state is after
        return
    with pytest.raises(StateRefused) as caught:
        step()
    reasons = {VoucherState.REDEEMED: "VOUCHER_REDEEMED", VoucherState.EXPIRED: "VOUCHER_EXPIRED"}
    assert caught.value.reason == reasons.get(before, "VOUCHER_STATE")


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_voucher_is_good_before_its_end_and_not_at_it(state: VoucherState) -> None:
    assert voucher(state).redeem("cafe", END - timedelta(microseconds=1)).merchant == "cafe"
    with pytest.raises(StateRefused) as late:
        voucher(state).redeem("cafe", END)
    with pytest.raises(StateRefused) as shown_late:
        voucher(state).show(END)
    assert [late.value.reason, shown_late.value.reason] == ["VOUCHER_EXPIRED"] * 2
