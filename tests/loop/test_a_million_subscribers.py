"""A million subscribers through the benchmarks of segmentation: what they count is exact; how long it takes is not asked.

One operator is written, loaded and asked for all tests; `make bench` has the bounds, each beside its peer.
"""

import pytest

from tests.bench import segment_whole
from tests.bench.segment_whole import WholeFigures

SUBSCRIBERS = 1_000_000
# Some minute on two quiet cores; a busy machine may take its time, a stuck one ends.
pytestmark = pytest.mark.timeout(1_200)


@pytest.fixture(scope="module")
def figures() -> WholeFigures:
    """Everything loaded and asked once; the tables are printed when a test fails."""
    return segment_whole.main(SUBSCRIBERS)


def test_every_kind_of_file_comes_in_whole(figures: WholeFigures) -> None:
    rows = {load.name: load.rows for load in figures.loads.loads}
    assert rows["first snapshot"] == rows["renewed snapshot"] == rows["usage"] == SUBSCRIBERS
    assert rows["list"] == round(SUBSCRIBERS * 5 / 12)
    assert rows["events"] > SUBSCRIBERS


def test_previews_of_thirty_predicates_are_exact(figures: WholeFigures) -> None:
    # Five rules of thirty, beside what DuckDB's SQL counts over the file; sixty previews of each of four editors.
    previews = figures.previews
    assert previews.agreed
    assert {len(counts) for counts in previews.peers.counts.values()} == {5}
    assert any(previews.peers.counts["DuckDB"])
    assert len(previews.editing) == 240


def test_windows_over_events_and_usage_are_exact(figures: WholeFigures) -> None:
    assert figures.windows.agreed
    assert len(figures.windows.editing) == 120


def test_a_match_leaves_nobody_out_and_counts_are_exact(figures: WholeFigures) -> None:
    # SEG-01: from one to three services for everyone; SEG-39: everyone has a class or is counted apart.
    match, classes = figures.match.match, figures.match.classes
    assert match.covered == classes.subscribers == sum(count.count for count in classes.counts) == SUBSCRIBERS
    assert SUBSCRIBERS <= match.recommended <= 3 * SUBSCRIBERS
    assert figures.match.agreed


def test_overlaps_lists_and_rebuilds_are_whole(figures: WholeFigures) -> None:
    sets = figures.sets
    assert sets.agreed
    assert (sets.listed, sets.list_members, sets.rebuilt) == (416_667, 416_667, segment_whole.SEGMENTS // 2)


def test_no_live_event_is_lost(figures: WholeFigures) -> None:
    live = figures.live
    assert live.booked > 0
    assert live.members == live.touched > 0
    assert live.waits
