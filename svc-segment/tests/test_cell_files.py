"""Cells and sightings from files: scenes, areas and halls are told, and of who was seen only scene and day remain."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carillon.segment.v1 import snapshot_pb2, tag_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_segment.app.load_snapshot import LoadSnapshot
from svc_segment.domain.cell_file import Catchment, CellRow, tell_cells
from svc_segment.store.engine import EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.reference import scenes_of_areas, shipped_catchment, shipped_scenes
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.worker.tag_clock import TagClock

from .segmentation import csv_file, new_request_id, number_of
from .tag_desk import Tagging

LOADED, FAILED = snapshot_pb2.SNAPSHOT_STATE_LOADED, snapshot_pb2.SNAPSHOT_STATE_FAILED
OPERATOR = Identity(subject="operator", roles=frozenset({"branch_operator"}))
SIGHTING = ["msisdn", "type", "at", "cell"]
HALL = "dongqu/广园东路"
# As `carillon population` writes them.
CELLS = csv_file(
    ["cell", "branch", "scene", "hall"],
    ["cell-00001", "dongqu", "shopping", HALL],
    ["cell-00002", "dongqu", "shopping", "dongqu/10号厅"],
    ["cell-00003", "xiqu", "family", ""],
    ["cell-00004", "xiqu", "garden", ""],
    ["", "xiqu", "work", ""],
    ["cell-00001", "xiqu", "work", ""],
)
# A moment nobody else would write into a file or a table.
ODD = "T04:05:06.789123Z"


def sightings(people: range, *, days: int, cell: str, at: str = ODD) -> list[Sequence[object]]:
    today = datetime.now(UTC)
    return [
        [number_of(one), "cell_seen", f"{today - timedelta(days=back):%Y-%m-%d}{at}", cell]
        for one in people
        for back in range(1, days + 1)
    ]


def files_with(folder: Path, traces: list[str]) -> list[str]:
    """The names of the files in which any of some texts stands."""
    contents = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [name for name, content in contents.items() if any(trace.encode() in content for trace in traces)]


async def load(tagging: Tagging, content: bytes, kind: str) -> snapshot_pb2.Snapshot:
    return await tagging.segmentation.load(content, kind=kind)


async def scenes(tagging: Tagging) -> dict[str, str]:
    answer = await invoke(tagging.tags.ListScenes, tag_pb2.ListScenesRequest())
    return {scene.code: scene.path for scene in answer.scenes}


def test_six_circles_and_the_printed_halls_are_watched_from_the_start() -> None:
    """SEG-33, SEG-34, SEG-35: nine of 56 halls are printed; what is not printed is the operator's."""
    circles = {scene.code: scene for scene in shipped_scenes() if scene.path.startswith("circle/")}
    assert sorted(circles) == ["FAMILY", "LEISURE", "ROUTE", "SHOPPING", "STUDY", "WORK"]
    assert (circles["WORK"].from_hour, circles["WORK"].to_hour, circles["WORK"].weekdays) == (
        9,
        18,
        frozenset(range(1, 6)),
    )
    assert len([scene for scene in shipped_scenes() if scene.path.startswith("hall/")]) == 9
    assert scenes_of_areas()["商场"] == frozenset({"SHOPPING"})


def test_a_cell_lies_in_the_scenes_that_its_area_and_hall_say() -> None:
    rows = [
        CellRow(row=1, cell="a", area="商场、商务"),
        CellRow(row=2, cell="b", scene="WORK", hall="panyu/new hall"),
        CellRow(row=3, cell="c", area="lake"),
        CellRow(row=4, cell="d", hall="too/many/levels"),
        CellRow(row=5, cell="e" * 101, scene="WORK"),
    ]
    told = tell_cells(rows, shipped_scenes(), scenes_of_areas(), shipped_catchment())
    assert told.cells == {"a": {"SHOPPING", "WORK"}, "b": {"WORK", "HALL_10"}, "c": frozenset()}
    assert [(one.code, one.path) for one in told.halls] == [("HALL_10", "hall/panyu/new hall")]
    assert [(one.row, one.field, one.reason.value) for one in told.rejects] == [
        (4, "hall", "OUT_OF_RANGE"),
        (5, "cell", "OUT_OF_RANGE"),
    ]
    assert Catchment(confidence=0.7, window_days=28, least_days=3) == shipped_catchment()


async def test_a_file_of_cells_tells_them_and_makes_scenes_of_its_halls(tagging: Tagging) -> None:
    snapshot = await load(tagging, CELLS, "cells")
    assert (snapshot.state, snapshot.problem) == (LOADED, "")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (6, 3, 3)
    assert snapshot.notice == "1 halls are watched from now on"
    assert await tagging.segmentation.rejects(snapshot) == [
        (4, "scene", "UNKNOWN_SCENE"),
        (5, "cell", "MISSING"),
        (6, "cell", "DUPLICATE"),
    ]
    assert (await scenes(tagging))["HALL_10"] == "hall/dongqu/10号厅"
    async with tagging.segmentation.database.read() as unit:
        told = {row["cell"]: row["scenes"] for row in await unit.driver.fetch("SELECT cell, scenes FROM cell")}
    assert told == {
        "cell-00001": ["HALL_04", "SHOPPING"],
        "cell-00002": ["HALL_10", "SHOPPING"],
        "cell-00003": ["FAMILY"],
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"cell,branch\na,b\n", "at least one of scene, area, hall"),
        (b"cell,scene,msisdn\na,work,1\n", "no such columns: msisdn"),
    ],
)
async def test_a_file_that_is_none_of_cells_is_refused_whole(tagging: Tagging, content: bytes, problem: str) -> None:
    snapshot = await load(tagging, content, "cells")
    assert snapshot.state == FAILED
    assert problem in snapshot.problem


async def test_cells_are_the_provinces(tagging: Tagging) -> None:
    with acting_as(OPERATOR), pytest.raises(PermissionRefused):
        await load(tagging, CELLS, "cells")


async def test_halls_and_their_branches_are_conditions_of_segments(tagging: Tagging) -> None:
    """SEG-34, SEG-35, SEG-68: from cells and sightings in files to segments by hall and branch, end to end."""
    await load(tagging, CELLS, "cells")
    rows: list[Sequence[object]] = [
        *sightings(range(1, 31), days=3, cell="cell-00001"),
        *sightings(range(21, 51), days=3, cell="cell-00002"),
        *sightings(range(51, 61), days=2, cell="cell-00001"),
        *sightings(range(51, 61), days=3, cell="cell-nobody-knows"),
        *sightings(range(1, 4), days=1, cell="cell-00001", at="T99:00:00Z"),
        [number_of(1), "page_visit", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}T01:00:00Z", ""],
    ]
    snapshot = await load(tagging, csv_file(SIGHTING, *rows), "events")
    assert (snapshot.state, snapshot.problem, snapshot.rejected) == (LOADED, "", 3)
    # Noon where the operator is: 200 days in halls and 170 in their shops, where ten people were in two of them.
    assert snapshot.notice == ("230 rows say where somebody was: of them 370 days in scenes are kept, and nothing else")
    await tagging.refresh()
    assert await tagging.all() == {
        "circle/shopping": 50,
        "hall/dongqu/10号厅": 30,
        f"hall/{HALL}": 30,
    }
    count = tagging.segmentation.count
    assert await count(f"has_tag('hall/{HALL}')") == 30
    assert await count("has_tag('hall/dongqu')") == 50
    assert await count("has_tag('hall/dongqu') and not has_tag('circle/shopping')") == 0
    assert await count("count_events('page_visit', 30) > 0") == 1
    assert await count("count_events('cell_seen', 30) > 0") == 0


async def test_nothing_of_a_file_of_sightings_remains_but_scene_and_day(tagging: Tagging) -> None:
    """SEG-29: neither the file as it came nor a reject nor an event says where or when anybody was."""
    cells = await load(tagging, CELLS, "cells")
    good = sightings(range(1, 31), days=3, cell="cell-00001")
    bad: list[Sequence[object]] = [
        *sightings(range(1, 2), days=1, cell="cell-00001", at="T98:76:54Z"),
        *sightings(range(2, 3), days=1, cell=""),
        [number_of(3), "cell_seen", f"2111-01-01{ODD}", "cell-00001"],
        [number_of(99), "cell_seen", f"2011-01-01{ODD}", "cell-00001"],
    ]
    loaded = await load(tagging, csv_file(SIGHTING, *good, *bad), "events")
    assert (loaded.accepted, loaded.rejected) == (90, 4)
    refused = await load(
        tagging, csv_file(["msisdn", "type", "where"], [number_of(1), "cell_seen", "cell-00001"]), "events"
    )
    assert refused.state == FAILED
    folder: Path = tagging.segmentation.data_dir
    for snapshot in (loaded, refused):
        await tagging.forgotten(snapshot)
    again = await tagging.segmentation.upload(csv_file(SIGHTING, *good, *bad), kind="events")
    assert (again.id, again.sha256) == (loaded.id, loaded.sha256)
    traces = ["04:05:06", "98:76:54", "2111-01-01"]
    assert files_with(folder, [*traces, "cell-0000"]) == [cells.sha256]
    found = {}
    async with tagging.segmentation.database.read() as unit:
        names = await unit.driver.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in names:
            asked = f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE ANY($1::text[])"  # noqa: S608 -- names that the database itself gives
            patterns = [f"%{trace}%" for trace in traces] + ([] if table == "cell" else ["%cell-0000%"])
            found[table] = await unit.driver.fetchval(asked, patterns)
        assert await unit.driver.fetchval("SELECT count(*) FROM event_file") == 0
        assert await unit.driver.fetchval("SELECT count(*) FROM sighting") == 6
    assert {table for table, count in found.items() if count} == set()


async def test_hours_weekdays_and_the_window_of_a_scene_hold_for_files_too(tagging: Tagging) -> None:
    await tagging.watch(window_days=14, least_days=1, from_hour=9, to_hour=18, weekdays=[1, 2, 3, 4, 5])
    await tagging.put_cell("cell-1", "WORK")
    # The last Monday at nine, and the last Sunday, where the operator is eight hours ahead.
    now = datetime.now(UTC)
    monday = (now - timedelta(days=(now.weekday() or 7))).date()
    moments = {
        1: f"{monday}T01:00:00Z",
        2: f"{monday}T00:59:59Z",
        3: f"{monday}T09:59:59Z",
        4: f"{monday}T10:00:00Z",
        5: f"{monday - timedelta(days=1)}T05:00:00Z",
        6: f"{monday - timedelta(days=14)}T05:00:00Z",
    }
    rows = [[number_of(one), "cell_seen", at, "cell-1"] for one, at in moments.items()]
    snapshot = await load(tagging, csv_file(SIGHTING, *rows), "events")
    assert snapshot.notice == "6 rows say where somebody was: of them 2 days in scenes are kept, and nothing else"


async def test_a_shipped_scene_is_changed_or_ended_for_good(tagging: Tagging) -> None:
    """What ships never takes the place of what an operator said."""
    await tagging.watch("WORK", path="circle/office")
    assert (await scenes(tagging))["WORK"] == "circle/office"
    for code in ("WORK", "STUDY"):
        await invoke(tagging.tags.EndScene, tag_pb2.EndSceneRequest(request_id=new_request_id(), code=code))
    assert not {"WORK", "STUDY"} & set(await scenes(tagging))
    with pytest.raises(NotFound):
        await invoke(tagging.tags.EndScene, tag_pb2.EndSceneRequest(request_id=new_request_id(), code="STUDY"))
    await tagging.watch("STUDY", path="circle/school")
    assert (await scenes(tagging))["STUDY"] == "circle/school"


async def test_a_load_that_died_after_its_end_leaves_no_file_once_it_comes_again(
    tagging: Tagging, tmp_path: Path
) -> None:
    """SEG-29: the file goes with the job's next try at the latest."""
    content = csv_file(SIGHTING, *sightings(range(1, 3), days=1, cell="cell-1"))
    loaded = await load(tagging, content, "events")
    folder = DataFolder(tagging.segmentation.data_dir)
    folder.upload(loaded.sha256).write_bytes(content)
    limits = EngineLimits(memory_mb=64, threads=1, spill=tmp_path)
    again = LoadSnapshot(
        tagging.segmentation.database, SnapshotLoader(folder, limits), lambda: datetime.now(UTC), {}
    )  # fmt: skip
    await again(uuid.UUID(loaded.id))
    assert not folder.upload(loaded.sha256).exists()


async def test_tags_follow_what_is_seen_by_themselves_day_by_day(tagging: Tagging) -> None:
    """SEG-32: sightings come by an interface, tags are brought up to each day, also by a process that was away."""
    await tagging.watch(least_days=2)
    await tagging.put_cell("cell-1", "WORK")
    folder, zone = DataFolder(tagging.segmentation.data_dir), ZoneInfo("Asia/Shanghai")
    clock = FixedClock(datetime.now(UTC))
    running = TagClock(tagging.segmentation.database, folder, clock, zone)
    await running()
    await tagging.see(range(1, 31), days=2, cell="cell-1")
    await running()
    assert await tagging.all() == {}
    clock.at += timedelta(days=1)
    await running()
    assert await tagging.all() == {"circle/work": 30}
    await tagging.see(range(31, 41), days=2, cell="cell-1")
    clock.at += timedelta(days=1)
    await TagClock(tagging.segmentation.database, folder, clock, zone)()
    assert await tagging.all() == {"circle/work": 40}
