"""Short forms of the soak, by its own code: what `make soak` runs for long can't break unseen, nor its figures lie."""

import pytest

from tests.soak.races import race_keys, race_spenders
from tests.soak.storm import run_storm


@pytest.mark.faults
async def test_a_storm_of_random_operations_and_kills_leaves_a_sound_ledger_that_keeps_its_word() -> None:
    figures = await run_storm(operations=10_000, kills=3)
    assert figures.faults == []
    assert figures.kills.total() == 3
    assert figures.books.outcomes["transfer: POSTED"] > 5_000


async def test_3000_keys_sent_three_times_at_once_make_3000_transfers() -> None:
    figures = await race_keys(3_000)
    assert figures.faults == []
    assert figures.outcomes == {"POSTED": 3_000, "REPLAYED": 6_000}


async def test_of_200_spends_at_once_from_50_exactly_50_are_booked_run_after_run() -> None:
    figures = await race_spenders(5)
    assert figures.faults == []
    assert figures.outcomes["POSTED"] == 5 * 50
