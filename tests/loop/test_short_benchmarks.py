"""Short forms of the long benchmarks, so that they can't break unseen between two runs of `make bench`."""

from tests.bench import balances, expiry, statements


def test_a_months_statements_are_whole_and_equal_the_ledger() -> None:
    figures = statements.main(orders=4_000, affiliates=100)
    assert figures.statements == 100
    # Forty orders each, below the second tier: a yuan and 1.5 % of the order, rounded down.
    assert figures.amount_fen == sum(100 + (500 + n % 3000) * 150 // 10_000 for n in range(4_000))


def test_every_lot_expires_once_in_the_benchmark_too() -> None:
    assert expiry.main(lots=4_000).lots == 4_000


def test_balances_are_right_as_of_any_second_in_the_benchmark_too() -> None:
    # The peer is left out: it would be fetched.
    figures = balances.main(entries=2_000, calls=100, with_peer=False)
    assert [len(one) for one in (*figures.now_ms, *figures.as_of_ms)] == [100] * 2 * balances.ROUNDS
