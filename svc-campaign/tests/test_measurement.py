"""Rates, uplift and intervals against published values; touches no service."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_campaign.domain.measurement import Outcome, difference_of_means, difference_of_proportions, measure_uplift
from svc_campaign.domain.student import t_quantile_95


def an_outcome(values: list[int] | None = None, **fields: int) -> Outcome:
    values = values or []
    standard = {
        "subscribers": len(values),
        "responded": 0,
        "converted": 0,
        "revenue_fen": sum(values),
        "revenue_fen_squared": sum(value * value for value in values),
    }
    return Outcome(**(standard | fields))


# R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
# (1998), table II, method 10.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]


@pytest.mark.parametrize(("hits", "total", "other_hits", "other_total", "low", "high"), NEWCOMBE)
def test_proportions_differ_as_newcombe_printed(
    hits: int, total: int, other_hits: int, other_total: int, low: float, high: float
) -> None:
    interval = difference_of_proportions(hits, total, other_hits, other_total)
    assert interval.estimate == pytest.approx(hits / total - other_hits / other_total)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


# Two-sided 95 % points of Student's t as every table prints them.
@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799), (1e9, 1.9600)],
)
def test_quantiles_of_t_are_the_printed_ones(degrees: float, quantile: float) -> None:
    assert round(t_quantile_95(degrees), 4) == quantile


def test_both_ways_to_the_quantile_meet() -> None:
    assert t_quantile_95(999.999999) == pytest.approx(t_quantile_95(1000.0), abs=1e-8)


def test_quantile_with_two_degrees_is_exact() -> None:
    # With two degrees of freedom the distribution function has a closed form: t = 0.95 * sqrt(2 / (1 - 0.95 ** 2)).
    assert t_quantile_95(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-12)


def test_means_differ_as_in_students_sleep_data() -> None:
    # Hours of extra sleep (Student 1908, Cushny and Peebles' data), in tenths. R prints for t.test(extra ~ group):
    # df = 17.776, 95 percent confidence interval -3.3654832 0.2054832.
    first = an_outcome([7, -16, -2, -12, -1, 34, 37, 8, 0, 20])
    second = an_outcome([19, 8, 11, 1, -1, 44, 55, 16, 46, 34])
    interval = difference_of_means(first, second)
    assert interval is not None
    assert interval.estimate == pytest.approx(-15.8)
    assert interval.low == pytest.approx(-33.654832, abs=5e-7)
    assert interval.high == pytest.approx(2.054832, abs=5e-7)


def test_means_of_one_subscriber_have_no_interval() -> None:
    assert difference_of_means(an_outcome([5]), an_outcome([1, 2])) is None


def test_means_without_any_spread_are_a_point() -> None:
    interval = difference_of_means(an_outcome([0, 0]), an_outcome([0, 0, 0]))
    assert interval is not None
    assert (interval.estimate, interval.low, interval.high) == (0, 0, 0)


def test_nothing_is_compared_with_an_empty_arm() -> None:
    assert measure_uplift(an_outcome([1]), an_outcome()) is None


# Hillstrom's challenge, counted from the published file: subscribers, visits, conversions.
HOLDOUT = an_outcome(subscribers=21306, responded=2262, converted=122, revenue_fen=1390833, revenue_fen_squared=10**10)
MENS = an_outcome(subscribers=21307, responded=3894, converted=267, revenue_fen=3031045, revenue_fen_squared=10**10)
WOMENS = an_outcome(subscribers=21387, responded=3238, converted=189, revenue_fen=2303840, revenue_fen_squared=10**10)


def test_hillstroms_rates_come_out() -> None:
    rates = [round(arm.response_rate, 6) for arm in (HOLDOUT, MENS, WOMENS)]
    assert rates == [0.106167, 0.182757, 0.151400]
    assert [round(arm.conversion_rate, 6) for arm in (HOLDOUT, MENS, WOMENS)] == [0.005726, 0.012531, 0.008837]


@pytest.mark.parametrize(("arm", "visits", "conversions"), [(MENS, 0.0766, 0.0068), (WOMENS, 0.0452, 0.0031)])
def test_hillstroms_uplift_comes_out_and_excludes_zero(arm: Outcome, visits: float, conversions: float) -> None:
    uplift = measure_uplift(arm, HOLDOUT)
    assert uplift is not None
    assert round(uplift.response_rate.estimate, 4) == visits
    assert round(uplift.conversion_rate.estimate, 4) == conversions
    assert 0 < uplift.response_rate.low < visits < uplift.response_rate.high
    assert uplift.conversion_rate.low > 0


SHARES = st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(SHARES, SHARES)
def test_an_interval_of_proportions_holds_its_estimate_and_stays_in_range(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    interval = difference_of_proportions(*first, *second)
    assert -1 <= interval.low <= interval.estimate + 1e-12
    assert interval.estimate - 1e-12 <= interval.high <= 1


@given(SHARES, SHARES)
def test_swapping_the_arms_mirrors_the_interval(first: tuple[int, int], second: tuple[int, int]) -> None:
    there, back = difference_of_proportions(*first, *second), difference_of_proportions(*second, *first)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(
    st.lists(st.integers(0, 10**7), min_size=2, max_size=30),
    st.lists(st.integers(0, 10**7), min_size=2, max_size=30),
)
def test_welchs_margin_is_the_textbooks(first: list[int], second: list[int]) -> None:
    def share(values: list[int]) -> Fraction:
        mean = Fraction(sum(values), len(values))
        return sum((value - mean) ** 2 for value in values) / Fraction((len(values) - 1) * len(values))

    shares = (share(first), share(second))
    interval = difference_of_means(an_outcome(first), an_outcome(second))
    assert interval is not None
    spread = sum(shares)
    if spread == 0:
        assert interval.low == interval.high
        return
    degrees = spread**2 / (shares[0] ** 2 / (len(first) - 1) + shares[1] ** 2 / (len(second) - 1))
    margin = t_quantile_95(float(degrees)) * math.sqrt(spread)
    assert interval.high - interval.low == pytest.approx(2 * margin, rel=1e-9)
