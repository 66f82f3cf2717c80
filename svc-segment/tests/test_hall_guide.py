"""SEG-34: each customer is guided to one hall, the nearest of those whose catchment he is seen in."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from carillon.segment.v1 import tag_pb2
from carillon_chassis.client import invoke
from carillon_chassis.identity import acting_as
from svc_segment.domain.hall import nearest_hall
from svc_segment.domain.tag import Observation
from svc_segment.store.hall_guide import guide_to_halls, without_few
from svc_segment.store.rule_sets import Texts

from .match_desk import ADMIN, AGENT
from .segmentation import csv_file, number_of
from .tag_desk import Tagging

HALLS = ("hall/east/A", "hall/east/B", "hall/west/A", "circle/work")
DAY = date(2011, 3, 31)


@pytest.mark.parametrize(
    ("tags", "branch", "nearest"),
    [
        ({}, "east", ""),
        ({"circle/work": 0.9}, "east", ""),
        ({"hall": 0.9, "hall/east": 0.9}, "east", ""),
        ({"hall/west/A": 0.7}, "east", "west/A"),
        ({"hall/west/A": 0.91, "hall/east/A": 0.7}, "east", "west/A"),
        ({"hall/east/A": 0.7, "hall/west/A": 0.7}, "west", "west/A"),
        ({"hall/west/B": 0.7, "hall/west/A": 0.7, "circle/work": 0.9}, "", "west/A"),
    ],
)
def test_the_surest_hall_is_the_nearest_then_one_of_the_own_branch_then_the_first(
    tags: dict[str, float], branch: str, nearest: str
) -> None:
    assert nearest_hall(tags, branch) == nearest


@given(
    st.lists(
        st.tuples(st.sampled_from(HALLS), st.sampled_from([0.5, 0.7]), st.sets(st.integers(1, 9), min_size=1)),
        max_size=6,
    ),
    st.lists(st.sampled_from(["east", "west", ""]), min_size=9, max_size=9),
)
def test_many_at_once_are_guided_as_each_is(seen: list[tuple[str, float, set[int]]], branches: list[str]) -> None:
    observations = [
        Observation(
            path=path,
            source=f"scene:{number}",
            observed_on=DAY,
            expires_on=None,
            confidence=sure,
            subscribers=BitMap(some),
        )
        for number, (path, sure, some) in enumerate(seen)
    ]
    ids = np.arange(1, 10, dtype=np.uint32)
    names = ("east", "west", "")
    known = Texts(ids, np.array([names.index(one) for one in branches], np.int32), names)
    found = guide_to_halls(observations, known).of(ids).to_pylist()
    for subscriber, (hall, branch) in enumerate(zip(found, branches, strict=True), start=1):
        wrong: dict[str, float] = {}
        for path, sure, some in seen:
            if subscriber in some:
                wrong[path] = wrong.get(path, 1.0) * (1 - sure)
        assert hall == nearest_hall({path: 1 - one for path, one in wrong.items()}, branch)


def test_a_hall_of_few_is_not_named() -> None:
    ids = np.arange(1, 60, dtype=np.uint32)
    guide = Texts(ids, np.array([0] * 40 + [1] * 19, np.int32), ("east/A", "west/A"))
    shown = without_few(guide, ids).of(ids).to_pylist()
    assert (shown[:40], set(shown[40:])) == (["east/A"] * 40, {""})
    # Of a part of them fewer are guided there.
    assert set(without_few(guide, ids[:19]).of(ids[:19]).to_pylist()) == {""}


async def test_a_list_and_a_subscriber_name_the_one_hall(tagging: Tagging) -> None:
    header = ["msisdn", "branch"]
    rows = [(number_of(one), "east" if one <= 30 else "west") for one in range(1, 61)]
    await tagging.segmentation.load(csv_file(header, *rows), {"branch": "text"})
    await tagging.watch(code="H1", path="hall/east/A", least_days=2)
    await tagging.watch(code="H2", path="hall/west/B", least_days=2)
    await tagging.put_cell("near-a", "H1")
    await tagging.put_cell("near-b", "H2")
    # The first forty are as often near both; ten more are seen near B alone.
    await tagging.see(range(1, 41), days=2, cell="near-a")
    await tagging.see(range(1, 51), days=2, cell="near-b")
    await tagging.refresh()
    desk = tagging.matching
    with acting_as(ADMIN):
        await desk.put("FETION")
        await desk.add("R1", "FETION", channels=["HALL"])
        match = await desk.matched()
        guided = {int(row["subscriber_id"]): row["hall"] for row in await desk.extract(match.id)}
        west = {row["hall"] for row in await desk.extract(match.id, branch="west")}
    # Between halls that are as near, the own branch's; twenty are guided to B: ten of them by their branch.
    assert guided == {
        **dict.fromkeys(range(1, 31), "east/A"),
        **dict.fromkeys(range(31, 51), "west/B"),
        **dict.fromkeys(range(51, 61), ""),
    }
    assert west == {"west/B", ""}
    assert [await hall_of(tagging, one) for one in (1, 35, 45, 55)] == ["east/A", "west/B", "west/B", ""]


async def hall_of(tagging: Tagging, subscriber_id: int) -> str:
    with acting_as(AGENT):
        request = tag_pb2.ListSubscriberTagsRequest(subscriber_id=subscriber_id)
        return (await invoke(tagging.tags.ListSubscriberTags, request)).hall
