"""Codes that people read aloud: every wrong symbol and every exchange of two is found (RWD-08)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.referral_code import (
    ALPHABET,
    CODE_COUNT,
    CODE_LENGTH,
    make_referral_code,
    read_referral_code,
)

numbers = st.integers(0, CODE_COUNT - 1)


@given(numbers)
def test_a_code_is_read_as_it_was_made_however_it_is_written(number: int) -> None:
    code = make_referral_code(number)
    assert len(code) == CODE_LENGTH
    assert not set(code) & set("01ILO")
    for written in (code, code.lower(), f"{code[:4]}-{code[4:]}", f" {code[:3]} {code[3:]} "):
        assert read_referral_code(written) == code


@given(numbers, st.integers(0, CODE_LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_found(number: int, place: int, symbol: str) -> None:
    code = make_referral_code(number)
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong != code:
        with pytest.raises(InvalidInput):
            read_referral_code(wrong)


@given(numbers, st.integers(0, CODE_LENGTH - 1), st.integers(0, CODE_LENGTH - 1))
def test_two_symbols_that_changed_places_are_found(number: int, first: int, second: int) -> None:
    symbols = list(make_referral_code(number))
    symbols[first], symbols[second] = symbols[second], symbols[first]
    if "".join(symbols) != make_referral_code(number):
        with pytest.raises(InvalidInput) as caught:
            read_referral_code("".join(symbols))
        assert caught.value.reason == "REFERRAL_CODE_INVALID"


@pytest.mark.parametrize("written", ["", "ABC", "ABCDEFGHJ", "ABCDEFG0", "ÄBCDEFGH", "23456 78\x00"])
def test_what_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_referral_code(written)


@given(numbers, numbers)
def test_two_numbers_never_make_one_code(first: int, second: int) -> None:
    assert (first == second) == (make_referral_code(first) == make_referral_code(second))
