"""The pace of a sender: halved when throttled, restored slowly, never over the limit, and 0 is no limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.pace import SLOWEST_PER_SECOND, restored, spend, start_pace, throttled


def test_without_a_limit_nothing_waits() -> None:
    pace = start_pace(0, now=0.0)
    assert spend(pace, count=1_000_000, now=0.0) == (pace, 0.0)
    assert restored(pace, now=1000.0) is pace


def test_without_a_limit_throttling_halves_what_was_really_sent() -> None:
    assert throttled(start_pace(0, now=0.0), observed_per_second=3000.0, now=5.0).rate_per_second == 1500.0


def test_a_window_full_of_refusals_halves_once() -> None:
    pace = start_pace(1000, now=0.0)
    for _ in range(100):
        pace = throttled(pace, observed_per_second=900.0, now=5.0)
    assert pace.rate_per_second == 500.0
    assert throttled(pace, observed_per_second=900.0, now=6.0).rate_per_second == 250.0


def test_the_rate_comes_back_slowly_and_stops_at_the_limit() -> None:
    pace = throttled(start_pace(1000, now=0.0), observed_per_second=1000.0, now=5.0)
    assert restored(pace, now=5.9) is pace
    rates = []
    for second in range(6, 20):
        pace = restored(pace, now=float(second))
        rates.append(pace.rate_per_second or 0.0)
    assert rates[0] == pytest.approx(550.0)
    assert rates == sorted(rates)
    assert rates[-1] == 1000.0


def test_without_a_limit_the_rate_comes_back_to_none() -> None:
    pace = throttled(start_pace(0, now=0.0), observed_per_second=3000.0, now=5.0)
    assert restored(pace, now=1000.0).rate_per_second is None


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        start_pace(-1, now=0.0)
    assert (refused.value.reason, refused.value.field) == ("RATE_LIMIT_NEGATIVE", "rate_limit_per_second")


@given(limit=st.integers(1, 5000), counts=st.lists(st.integers(1, 20), min_size=1, max_size=200))
def test_who_waits_as_told_never_exceeds_the_rate_by_more_than_a_burst(limit: int, counts: list[int]) -> None:
    pace, now, sent = start_pace(limit, now=0.0), 0.0, 0
    for count in counts:
        pace, wait = spend(pace, count=count, now=now)
        now += wait
        sent += count
        assert sent <= limit * now + max(limit * 0.1, 1.0) + 1e-6


@given(
    limit=st.integers(0, 5000),
    steps=st.lists(st.tuples(st.booleans(), st.floats(0, 1e6)), max_size=50),
)
def test_no_history_divides_by_zero_or_leaves_the_bounds(limit: int, steps: list[tuple[bool, float]]) -> None:
    pace, now = start_pace(limit, now=0.0), 0.0
    for is_throttled, seconds in steps:
        now += seconds
        pace = throttled(pace, observed_per_second=1.0, now=now) if is_throttled else restored(pace, now=now)
        pace, wait = spend(pace, count=1, now=now)
        assert wait >= 0.0
        if pace.rate_per_second is not None:
            assert pace.rate_per_second >= SLOWEST_PER_SECOND
            assert not limit or pace.rate_per_second <= limit
