"""Runs the same rules on a real Spark cluster and on DuckDB: the same counts, the same bitmaps, the same messages."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.spark_engine import SparkEngine

from .engine_material import Material, make_material
from .rule_pasts import SCOPE, ZONES
from .rule_texts import DICTIONARY
from .spark_cluster import INSTALLED, Cluster, NoSparkError, install_spark, spark_cluster
from .test_duckdb_engine import open_engine

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

SUBSCRIBERS = 500
RULES = [
    "true",
    "i > 1 and t = '全球' or b",
    "not (i between 1 and 3) and n <> 1.5",
    "n in (0.1, 1, 2) or j in (3, 4.5)",
    "t like 'a%' or u ilike '%B%' or t like '_'",
    "d >= '2000-01-01' and (e is null or d = e)",
    "(i > j) is not true and n < i",
    "count_events('visit', 30) >= 1",
    "count_events('visit', 730, 'shop' = '1') > 0 or days_with_events('visit', 365) = 2",
    "days_since_event('it''s a buy') < 31",
    "days_since_event('visit') is null or no_events('it''s a buy', 19)",
    "sum_events('visit', 'price', 730) > 0.2",
    "avg_events('it''s a buy', 'price', 365) <= 0.15",
    "min_events('visit', 'price', 30) = max_events('visit', 'price', 730)",
    "sum_usage(arpu, 3) > 0.3 and months_with_usage(downloads, 4) > 1",
    "avg_usage(downloads, 4) between 1 and 2 or min_usage(arpu, 1) = 0.1",
    "max_usage(arpu, 24) is not null and n > avg_usage(arpu, 2)",
    "in_segment('gold') and not in_segment('it''s new')",
    "has_tag('music', 0.5) or has_tag('city')",
    "count_rows('clients', 3) > 1 or months_with_rows('clients', 24, 'service' = '1') = 1",
    "sum_rows('friend''s', 'n', 24) > 0.2 or avg_rows('clients', 'n', 2) is null and count_rows('empty', 1) = 0",
    "in_segment('gold') or has_tag('music/classical') and count_events('visit', 3) > sum_usage(downloads, 2)",
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master with two workers."""
    try:
        home = install_spark()
        sys.path.append(str(INSTALLED))
        with spark_cluster(home, tmp_path_factory.mktemp("spark")) as running:
            yield running
    except NoSparkError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("material"), subscribers=SUBSCRIBERS, seed=7)


@pytest.fixture
async def engines(cluster: Cluster, material: Material, tmp_path: Path) -> AsyncIterator[tuple[Engine, Engine]]:
    limits = EngineLimits(memory_mb=512, threads=1, spill=tmp_path / "spill")
    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
    }
    spark = SparkEngine(material.folder, limits, zone=ZONES[0], master=cluster.address, options=options)
    duckdb = open_engine(material, tmp_path)
    yield spark, duckdb
    await asyncio.gather(spark.close(), duckdb.close())


async def test_a_cluster_finds_whom_duckdb_finds(
    cluster: Cluster, material: Material, engines: tuple[Engine, Engine]
) -> None:
    spark, duckdb = engines
    base, around = material.base, material.around
    rules = [read_rule(text, DICTIONARY, SCOPE) for text in RULES]
    expected = await duckdb.members_of(base, rules, around)
    found = await spark.members_of(base, rules, around)
    for text, rule, wanted, got in zip(RULES, rules, expected, found, strict=True):
        assert wanted == material.fitting(compile_closure(rule)), text
        assert got.serialize() == wanted.serialize(), text
    # A count asks for less, so it is another question; some of each kind.
    for rule, wanted in zip(rules[1::6], expected[1::6], strict=True):
        assert await spark.count(base, rule, around) == len(wanted)
    wanted_messages = [message async for message in duckdb.stream_members(base, expected[1], ["i", "n", "t", "b", "d"])]
    messages = [message async for message in spark.stream_members(base, found[1], ["i", "n", "t", "b", "d"])]
    assert [_rows(one) for one in messages] == [_rows(one) for one in wanted_messages]
    assert await spark.attributes_of(base, 3) == await duckdb.attributes_of(base, 3)
    for worker in cluster.workers:
        assert list(worker.glob("app-*/*")), f"{worker.name} was given nothing to do"


def _rows(message: bytes) -> pa.Table:
    return pa.ipc.open_stream(message).read_all()
