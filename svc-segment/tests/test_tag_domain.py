"""Tags and scenes without any store: paths, confidence, and who was seen often enough."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.scene import Scene, seen_often
from svc_segment.domain.tag import MOST_CONFIDENCE, check_path, combined

WORK = {"code": "WORK", "path": "circle/work", "confidence": 0.75, "window_days": 28, "least_days": 8}


@given(st.lists(st.sets(st.integers(1, 60)), max_size=30), st.integers(1, 12))
def test_seen_often_counts_days_as_one_would_by_hand(days: list[set[int]], least: int) -> None:
    counted = Counter(one for day in days for one in day)
    assert set(seen_often([BitMap(day) for day in days], least)) == {one for one, n in counted.items() if n >= least}


def test_sources_make_a_tag_surer_and_never_certain() -> None:
    # SEG-30, SEG-31
    assert combined([0.7]) == pytest.approx(0.7)
    assert combined([0.7, 0.5]) == pytest.approx(0.85)
    assert combined([0.9] * 10) == MOST_CONFIDENCE


def test_a_scene_gives_a_tag_by_days_and_a_surer_one_for_twice_as_many() -> None:
    scene = Scene(**{**WORK, "least_days": 2})  # type: ignore[arg-type]  # the fields above
    days = [BitMap([1, 2, 3]), BitMap([1, 2]), BitMap([1]), BitMap([1])]
    often, very_often = scene.observe(days, datetime(2011, 3, 31, tzinfo=UTC))
    assert (set(often.subscribers), set(very_often.subscribers)) == ({1, 2}, {1})
    assert {often.path, very_often.path} == {"circle/work"}
    assert often.source != very_often.source


@pytest.mark.parametrize(
    ("moment", "seen"),
    [("2011-03-30T10:00", True), ("2011-03-30T08:59", False), ("2011-03-30T18:00", False), ("2011-04-02T10:00", False)],
)
def test_a_scene_is_watched_at_its_hours_and_weekdays_alone(moment: str, seen: bool) -> None:
    scene = Scene(**WORK, from_hour=9, to_hour=18, weekdays=frozenset(range(1, 6)))  # type: ignore[arg-type]  # the fields above
    assert scene.sees(datetime.fromisoformat(moment)) is seen


@pytest.mark.parametrize("path", ["", "a/b/c/d", "a//b", " a", "music/" + "x" * 61])
def test_a_path_of_other_than_three_levels_at_most_is_refused(path: str) -> None:
    # SEG-27
    with pytest.raises(InvalidInput, match="TAG_PATH"):
        check_path(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"window_days": 63}, "SCENE"), ({"least_days": 29}, "SCENE"), ({"from_hour": 9, "to_hour": 9}, "SCENE"),
        ({"weekdays": frozenset({8})}, "SCENE"), ({"confidence": 1.0}, "TAG_CONFIDENCE"), ({"code": "work"}, "MATCH_CODE"),
    ],
)  # fmt: skip
def test_a_scene_that_looks_too_far_or_at_nothing_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Scene(**{**WORK, **change})  # type: ignore[arg-type]  # one of them is wrong on purpose
    assert refusal.value.reason == reason
