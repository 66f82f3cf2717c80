"""What the demo expects, against the figures published with the data, and how it tells a difference."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow.parquet
import pytest

from carillon_deploy.demo.dataset import (
    ARMS,
    PARQUET,
    ArmFigures,
    Customer,
    differences,
    expected_figures,
    read_customers,
)
from carillon_deploy.demo.preparation import PREVIEWS, count_in_file

# Published with the data: customers, rate of visits and of conversions, mean spend in dollars.
PUBLISHED = {
    "womens": (21_387, 0.151400, 0.008837, 1.0772),
    "mens": (21_307, 0.182757, 0.012531, 1.4226),
    "holdout": (21_306, 0.106167, 0.005726, 0.6528),
}


@pytest.fixture(scope="module")
def customers() -> list[Customer]:
    return read_customers()


@pytest.fixture(scope="module")
def expected(customers: list[Customer]) -> list[ArmFigures]:
    return expected_figures(customers)


def test_the_expected_figures_are_the_published_ones(expected: list[ArmFigures]) -> None:
    assert [figures.arm for figures in expected] == list(ARMS)
    for figures in expected:
        customers, visits, conversions, spend = PUBLISHED[figures.arm]
        assert figures.subscribers == customers
        assert round(figures.response_rate, 6) == visits
        assert round(figures.conversion_rate, 6) == conversions
        assert round(figures.revenue_fen / 100 / figures.subscribers, 4) == spend


def test_the_demo_sends_42_694_messages_and_rewards_456_buyers(expected: list[ArmFigures]) -> None:
    assert sum(figures.contacted for figures in expected) == 42_694
    assert sum(figures.rewarded for figures in expected) == 456
    assert expected[0].revenue_fen == 1_390_833


def test_spend_in_fen_loses_no_cent(customers: list[Customer]) -> None:
    spend = pyarrow.parquet.read_table(PARQUET, columns=["spend"])["spend"].to_pylist()

    assert sum(customer.spend_fen for customer in customers) == round(sum(spend) * 100)
    assert all(customer.spend_fen == 0 for customer in customers if not customer.converted)


def test_every_buyer_visited_and_every_number_is_one_customers_own(customers: list[Customer]) -> None:
    assert all(customer.visited for customer in customers if customer.converted)
    assert len({customer.msisdn for customer in customers}) == 64_000


def test_a_report_equal_to_the_data_differs_in_nothing(expected: list[ArmFigures]) -> None:
    assert differences(expected, expected) == []


def change(**changes: float) -> Callable[[ArmFigures], ArmFigures]:
    return lambda figures: replace(figures, **changes)  # type: ignore[arg-type]  # the table below names fields


@pytest.mark.parametrize(
    ("altered", "told"),
    [
        (change(responded=2261), "holdout: responded is 2261, the data say 2262"),
        (change(revenue_fen=1_390_834), "revenue_fen is 1390834"),
        (change(response_rate=0.1063), "response_rate is 0.1063, the data say 0.1062"),
        (change(contacted=1), "contacted is 1, the data say 0"),
    ],
)
def test_one_different_figure_is_told(
    expected: list[ArmFigures], altered: Callable[[ArmFigures], ArmFigures], told: str
) -> None:
    found = differences([altered(expected[0]), *expected[1:]], expected)

    assert len(found) == 1
    assert told in found[0]


def test_rates_are_compared_to_four_decimals(expected: list[ArmFigures]) -> None:
    close = replace(expected[0], response_rate=expected[0].response_rate + 0.000001)

    assert differences([close, *expected[1:]], expected) == []


def test_a_missing_and_an_unknown_arm_are_told(expected: list[ArmFigures]) -> None:
    found = differences([replace(expected[0], arm="other"), *expected[1:]], expected)

    assert found == ["holdout: missing from the report", "other: not in the data"]


@pytest.mark.parametrize("rule", PREVIEWS)
def test_the_previewed_rules_select_some_and_not_all(rule: str) -> None:
    assert 0 < count_in_file(rule) < 64_000
