"""Holds DuckDB's three ways of answering to the compiler for one row, over real files.

By arrays, by masks from the file, and by one question.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Leaf, Rule
from svc_segment.store.base_rows import BaseRows
from svc_segment.store.coded_columns import CodedColumn, CodedColumns
from svc_segment.store.condition_masks import Mask, Polar
from svc_segment.store.duckdb_engine import Arrays, DuckDbEngine
from svc_segment.store.duckdb_session import DuckDbHome
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.event_masks import EventMasks
from svc_segment.store.history import HistoryFiles
from svc_segment.store.usage_masks import UsageMasks

from .engine_material import SAMPLE_SCHEMA, Material, make_material
from .rule_pasts import SCOPE, SEGMENTS, ZONES, calls
from .rule_texts import DICTIONARY, rules
from .test_rule_windows import SMALL

SUBSCRIBERS = 300
EXAMPLES = 150


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An engine over material; its threads are called from a loop of its own."""

    material: Material
    engine: DuckDbEngine
    without_arrays: DuckDbEngine
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    root = tmp_path_factory.mktemp("engine")
    material = make_material(root, subscribers=SUBSCRIBERS, seed=20_110_331)
    loop = asyncio.new_event_loop()
    engine, without_arrays = open_engine(material, root), open_engine(material, root, arrays=False)
    yield Asked(material=material, engine=engine, without_arrays=without_arrays, loop=loop)
    loop.run_until_complete(engine.close())
    loop.run_until_complete(without_arrays.close())
    loop.close()


class NoColumns(CodedColumns):
    """Columns that never come to be coded, so that every condition is asked of the file."""

    def find(self, file: str, leaf: Leaf) -> CodedColumn | None:
        """None, whatever it is about."""
        return None


class NoEvents(EventMasks):
    """Events that are never measured by arrays."""

    def find(self, rows: BaseRows, polar: Polar, history: HistoryFiles) -> Mask | None:
        """None, whatever it is about."""
        return None


class NoUsage(UsageMasks):
    """Usage that is never measured by arrays."""

    def find(self, rows: BaseRows, polar: Polar, months: Sequence[Path]) -> Mask | None:
        """None, whatever it is about."""
        return None


def open_engine(material: Material, root: Path, *, cache_mb: int = 1, arrays: bool = True) -> DuckDbEngine:
    limits = EngineLimits(memory_mb=256, threads=1, spill=root / "spill")
    columns, events, usage = (
        (CodedColumns, EventMasks, UsageMasks) if arrays else (NoColumns, NoEvents, NoUsage)
    )  # fmt: skip
    both = Arrays(
        columns=columns(material.folder),
        events=events(material.folder, ZONES[0], columns_bytes=2**20, masks_bytes=2**20),
        usage=usage(material.folder, columns_bytes=2**20),
    )
    return DuckDbEngine(material.folder, limits, both, zone=ZONES[0], cache_mb=cache_mb)


def read(text: str) -> Rule:
    return read_rule(text, DICTIONARY, SCOPE)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(rules(SMALL, calls()) | rules(SMALL), min_size=2, max_size=2))
def test_every_way_of_the_engine_finds_whom_the_compiler_for_one_row_finds(asked: Asked, texts: list[str]) -> None:
    read_rules = [read(text) for text in texts]
    wanted = [asked.material.fitting(compile_closure(rule)) for rule in read_rules]
    base, around = asked.material.base, asked.material.around
    for engine in (asked.engine, asked.without_arrays):
        assert asked.loop.run_until_complete(engine.members_of(base, read_rules, around)) == wanted
    assert asked.loop.run_until_complete(Engine.members_of(asked.engine, base, read_rules, around)) == wanted
    count = asked.loop.run_until_complete(asked.engine.count(base, read_rules[0], around))
    assert count == len(wanted[0])


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"i = {value}" for value in range(200)),
        "true",
        "not (false or true)",
        "i > 0 and no_events('visit', 730)",
        "n > sum_events('visit', 'price', 730)",
        "count_events('visit', 30) > months_with_usage(arpu, 3)",
        "(sum_usage(arpu, 2) > 1) is not true",
    ],
)
def test_rules_of_every_shape_are_counted_exactly(asked: Asked, text: str) -> None:
    rule = read(text)
    counted = asked.loop.run_until_complete(asked.engine.count(asked.material.base, rule, asked.material.around))
    assert counted == len(asked.material.fitting(compile_closure(rule)))


def test_a_new_version_of_the_subscribers_is_not_answered_from_the_old_one(tmp_path: Path) -> None:
    material = make_material(tmp_path, subscribers=100, seed=1)
    rule = read("i = 7")
    rows = [{**row, "i": 7, "subscriber_id": 3 * index} for index, row in enumerate(material.rows, start=1)]
    parquet.write_table(pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA), material.folder.base("two.parquet"))

    async def counted() -> list[int]:
        engine = open_engine(material, tmp_path)
        later = replace(material.base, version=2, file="two.parquet")
        found = [await engine.count(base, rule) for base in (material.base, later, material.base)]
        # Ordinals with gaps between them take another way from an id to its row.
        absent = await engine.members(later, read("no_events('visit', 730) or i = 7"), material.around)
        await engine.close()
        return [*found, len(absent), max(absent)]

    assert asyncio.run(counted()) == [0, 100, 0, 100, 300]


def test_four_editors_are_answered_at_once_and_alike(asked: Asked) -> None:
    texts = [
        "i > 1 and t <> 'a'",
        "count_events('visit', 365) > 1",
        "has_tag('music', 0.5)",
        "avg_usage(arpu, 3) > 0.1",
    ]
    rules_ = [read(text) for text in texts]

    async def ask() -> list[int]:
        material = asked.material
        return await asyncio.gather(*(asked.engine.count(material.base, rule, material.around) for rule in rules_ * 5))

    wanted = [len(asked.material.fitting(compile_closure(rule))) for rule in rules_]
    assert asked.loop.run_until_complete(ask()) == wanted * 5


def test_the_members_of_segments_that_were_asked_about_before_are_let_go(asked: Asked, tmp_path: Path) -> None:
    limits = EngineLimits(memory_mb=256, threads=1, spill=tmp_path / "spill")
    session = DuckDbHome(asked.material.folder, limits, ZONES[0]).open()
    for one in SEGMENTS.values():
        session.lay(asked.material.base, [read(f"in_segment('{one}')")], asked.material.around)
    laid = session.backend.raw_sql("SELECT count(*) FROM duckdb_views() WHERE view_name LIKE 'members%'").fetchone()
    session.close()
    assert laid == (1,)


def test_a_rule_that_looks_back_without_a_past_is_a_mistake_of_the_caller(asked: Asked) -> None:
    with pytest.raises(ValueError, match="no history was gathered"):
        asked.loop.run_until_complete(asked.engine.count(asked.material.base, read("no_events('visit', 1)")))
