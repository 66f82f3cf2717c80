"""Link tokens as numbers and as texts; touches no service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_campaign.domain.link_token import TOKEN_BITS, read_token, write_token


@given(st.integers(min_value=0, max_value=2**TOKEN_BITS - 1))
def test_a_token_reads_back_as_its_number(number: int) -> None:
    token = write_token(number)
    assert len(token) == 11
    assert token.isalnum()
    assert read_token(token) == number


@pytest.mark.parametrize("token", ["", "abc", "0123456789", "zzzzzzzzzzz", "0000000000-", "000000000000"])
def test_what_is_no_token_reads_as_none(token: str) -> None:
    assert read_token(token) is None
