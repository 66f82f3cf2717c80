"""Sequence numbers: where they start, where they end and which are never given twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.sequences import LAST_SEQUENCE, SequenceNumbers


def test_numbers_start_at_one_and_wrap_from_the_last_to_one() -> None:
    assert SequenceNumbers().take() == 1
    numbers = SequenceNumbers(LAST_SEQUENCE)
    assert [numbers.take(), numbers.take()] == [0x7FFFFFFF, 1]


def test_a_number_still_open_is_skipped_also_across_the_wrap() -> None:
    numbers = SequenceNumbers(LAST_SEQUENCE - 1)
    assert [numbers.take({LAST_SEQUENCE - 1, LAST_SEQUENCE, 1, 2}), numbers.take()] == [3, 4]


@pytest.mark.parametrize("first", [0, -1, LAST_SEQUENCE + 1])
def test_a_first_number_out_of_range_is_refused(first: int) -> None:
    with pytest.raises(ValueError, match="sequence number"):
        SequenceNumbers(first)


@given(
    first=st.integers(LAST_SEQUENCE - 20, LAST_SEQUENCE),
    still_open=st.sets(st.one_of(st.integers(1, 20), st.integers(LAST_SEQUENCE - 20, LAST_SEQUENCE))),
)
def test_no_open_number_is_given_whatever_is_open(first: int, still_open: set[int]) -> None:
    numbers = SequenceNumbers(first)
    taken = [numbers.take(still_open) for _ in range(50)]
    assert not still_open.intersection(taken)
    assert len(set(taken)) == 50
    assert all(1 <= number <= LAST_SEQUENCE for number in taken)
