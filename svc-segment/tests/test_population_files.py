"""What `carillon population` writes comes in whole: subscribers, cells, sightings and contacts, and is counted exactly."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from pyarrow import parquet

from carillon.segment.v1 import snapshot_pb2
from carillon_deploy.population.operator import Operator, write_operator

from .segmentation import parquet_file
from .tag_desk import Tagging

SUBSCRIBERS = 8_000
SHANGHAI = ZoneInfo("Asia/Shanghai")
HALL = "dongqu/天河南二路万佳店"
LOADED = snapshot_pb2.SNAPSHOT_STATE_LOADED
# Who was in the cells of halls, by local day within the window of their scenes.
SEEN = """
SELECT count(DISTINCT msisdn) FROM 'sightings.parquet' JOIN 'cells.parquet' USING (cell)
WHERE {of} AND ("at" + INTERVAL 8 HOUR)::date > DATE '{today}' - 28 AND ("at" + INTERVAL 8 HOUR)::date <= DATE '{today}'
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic operator as of yesterday, each seen some three times a month."""
    folder = tmp_path_factory.mktemp("operator") / "files"
    as_of = (datetime.now(UTC) - timedelta(days=1)).date()
    made = Operator(subscribers=SUBSCRIBERS, seed=1, as_of=as_of, months=1, events_per_subscriber=20.0)
    write_operator(made, folder, threads=1, advance=lambda _rows: None)
    return folder


async def load(tagging: Tagging, file: Path, kind: str, *, list_kind: str = "") -> snapshot_pb2.Snapshot:
    as_of = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    content = await asyncio.to_thread(file.read_bytes)
    return await tagging.segmentation.load(content, as_of=as_of, kind=kind, list_name=list_kind, list_kind=list_kind)


async def load_subscribers(tagging: Tagging, operator: Path) -> None:
    """Their numbers and branches are all that these tests ask for."""
    table = await asyncio.to_thread(parquet.read_table, operator / "subscribers.parquet", columns=["msisdn", "branch"])
    await tagging.segmentation.load(parquet_file(table), {"branch": "text"})


def counted(operator: Path, question: str) -> int:
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{operator}'")
        (count,) = connection.execute(question).fetchone() or (0,)
    return int(count)


async def test_halls_of_a_population_are_segments_by_branch_and_hall(tagging: Tagging, operator: Path) -> None:
    """SEG-34, SEG-35, SEG-68: 56 halls, each a tag under its branch, counted as the files say."""
    await load_subscribers(tagging, operator)
    for code in ("HALL_03", "HALL_04"):
        await tagging.watch(
            code, path=f"hall/{HALL if code == 'HALL_03' else 'dongqu/广园东路'}", window_days=28, least_days=1
        )
    cells = await load(tagging, operator / "cells.parquet", "cells")
    assert (cells.state, cells.rejected, cells.notice) == (LOADED, 0, "47 halls are watched from now on")
    seen = await load(tagging, operator / "sightings.parquet", "events")
    assert (seen.state, seen.rejected) == (LOADED, 0)
    await tagging.forgotten(seen)
    await tagging.refresh()
    today = datetime.now(SHANGHAI).date()
    expected = counted(operator, SEEN.format(of=f"hall = '{HALL}'", today=today))
    assert expected >= 20
    assert await tagging.segmentation.count(f"has_tag('hall/{HALL}')") == expected
    assert (await tagging.all())[f"hall/{HALL}"] == expected
    assert await tagging.segmentation.count(f"has_tag('hall/dongqu') and not has_tag('hall/{HALL}')") in {
        0, *range(20, SUBSCRIBERS)
    }  # fmt: skip


async def test_the_graph_of_contacts_is_a_list_that_rules_read(tagging: Tagging, operator: Path) -> None:
    """SEG-53: classmates, colleagues, same city; who has contacts of which kind, and how much they talk."""
    await load_subscribers(tagging, operator)
    loaded = await load(tagging, operator / "contacts.parquet", "list", list_kind="contacts")
    assert (loaded.state, loaded.rejected, loaded.strangers) == (LOADED, 0, 0)
    for rule, question in {
        "count_rows('contacts', 1) >= 5": "SELECT count(*) FROM (SELECT 1 FROM 'contacts.parquet' GROUP BY msisdn HAVING count(*) >= 5)",
        "count_rows('contacts', 1, 'relation' = '同学') >= 2": (
            "SELECT count(*) FROM (SELECT 1 FROM 'contacts.parquet' WHERE relation = '同学' GROUP BY msisdn HAVING count(*) >= 2)"
        ),
        "sum_rows('contacts', 'calls', 1) > 40": (
            "SELECT count(*) FROM (SELECT 1 FROM 'contacts.parquet' GROUP BY msisdn HAVING sum(calls) > 40)"
        ),
    }.items():
        assert await tagging.segmentation.count(rule) == counted(operator, question), rule
