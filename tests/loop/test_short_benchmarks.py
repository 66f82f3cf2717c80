"""Short forms of the long benchmarks, so that they can't break unseen between two runs of `make bench`."""

from tests.bench import statements


def test_a_months_statements_are_whole_and_equal_the_ledger() -> None:
    figures = statements.main(orders=4_000, affiliates=100)
    assert figures.statements == 100
    # Forty orders each, below the second tier: a yuan and 1.5 % of the order, rounded down.
    assert figures.amount_fen == sum(100 + (500 + n % 3000) * 150 // 10_000 for n in range(4_000))
