"""Measures files on their way in beside DuckDB's own copy of the same file and their bounds; it must not judge them.

Run ``python -m tests.bench.segment_load``; ``CARILLON_BENCH_SUBSCRIBERS=1000000`` is a short form. The first load grants
everybody an ordinal, the second renews every attribute of everybody, then come a month of usage, the events of a month
and a list in no order. Each is from the first byte of the upload to the answer that it is loaded.
"""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import uvloop
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from carillon_chassis.identity import acting_as
from tests.bench.segment_service import ADMIN, AS_OF, File, Served, bench_subscribers, load_file, served

# The bounds of twelve million subscribers, and of a list of five million numbers.
FULL = 12_000_000
MOST_LOAD_SECONDS = 120.0
MOST_LOAD_MB = 4 * 1024
MOST_LIST_SECONDS = 60.0
LIST_SHARE = 5 / 12
ENGINE_THREADS = 2
MONTH = f"{AS_OF:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A file that came in: how long it took, the service's highest memory meanwhile, and what the peer took."""

    name: str
    rows: int
    seconds: float
    peak_mb: float
    copy_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFigures:
    """All files of one run."""

    subscribers: int
    loads: tuple[Load, ...]

    @property
    def reached(self) -> dict[str, bool]:
        """Each bound by its name; they are those of twelve million, so a smaller form says little."""
        by_name = {load.name: load for load in self.loads}
        bounds = {
            f"{name} in {MOST_LOAD_SECONDS:.0f} s": by_name[name].seconds <= MOST_LOAD_SECONDS
            for name in ("first snapshot", "renewed snapshot")
        }
        return {
            **bounds,
            f"a load within {MOST_LOAD_MB // 1024} GB": max(load.peak_mb for load in self.loads) <= MOST_LOAD_MB,
            f"list in {MOST_LIST_SECONDS:.0f} s": by_name["list"].seconds <= MOST_LIST_SECONDS,
        }


def main(subscribers: int | None = None) -> LoadFigures:
    """Measures and prints; raises RuntimeError when a row of anybody's is not in."""
    figures = uvloop.run(measure(subscribers or bench_subscribers()))
    Console(width=120).print(render(figures))
    return figures


async def measure(subscribers: int) -> LoadFigures:
    """The files of one operator into a service of its own, with the memory that it has by default."""
    async with served(subscribers, load=False) as one:
        with acting_as(ADMIN), tempfile.TemporaryDirectory(prefix="csl", dir=one.folder.parent) as place:
            return await measure_on(one, Path(place))


async def measure_on(one: Served, work: Path) -> LoadFigures:
    """The same on a service that has loaded nothing; ``work`` has the renewed subscribers as long as it stands."""
    renewed, listed = await asyncio.to_thread(_derive, one, work)
    said = json.loads((one.folder / "dictionary.json").read_text())
    usage = json.loads((one.folder / "usage.dictionary.json").read_text())
    month = one.folder / f"usage-{MONTH}.parquet"
    files = (
        File(name="first snapshot", path=one.file, dictionary=said),
        File(name="renewed snapshot", path=renewed),
        File(name="usage", path=month, kind="usage", month=MONTH, dictionary=usage),
        File(name="events", path=one.folder / "events.parquet", kind="events"),
        File(name="list", path=listed, kind="list", list_name="bench"),
    )
    loads = tuple([await _load(one, file, work) for file in files])
    one.file, one.load_seconds = renewed, loads[0].seconds
    return LoadFigures(subscribers=one.subscribers, loads=loads)


def render(figures: LoadFigures) -> Table:
    """One line a file, beside what DuckDB takes to copy it."""
    table = Table(
        title=f"Files of an operator of {figures.subscribers:,} on their way in",
        caption=f"DuckDB's COPY of the same file with {ENGINE_THREADS} threads; bounds are those of {FULL:,} subscribers; "
        "memory is the service's own, PostgreSQL's is beside it",
    )
    for heading in ("file", "rows", "seconds", "rows a second", "peak MB", "DuckDB's copy s", "of the copy"):
        table.add_column(heading, justify="left" if heading == "file" else "right")
    for load in figures.loads:
        pace, ratio = f"{load.rows / load.seconds:,.0f}", f"{load.seconds / load.copy_seconds:.1f}"
        numbers = (
            f"{load.rows:,}",
            f"{load.seconds:.1f}",
            pace,
            f"{load.peak_mb:,.0f}",
            f"{load.copy_seconds:.1f}",
            ratio,
        )
        table.add_row(load.name, *numbers)
    return table


def _derive(one: Served, work: Path) -> tuple[Path, Path]:
    """The subscribers with other values, and some of their numbers in no order."""
    source, renewed, listed = one.folder / "subscribers.parquet", work / "renewed.parquet", work / "list.parquet"
    with duckdb.connect(config={"threads": ENGINE_THREADS}) as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (arpu + 1 AS arpu) FROM read_parquet('{source}')) TO '{renewed}' (FORMAT parquet)"  # noqa: S608 -- our own paths
        )
    numbers = parquet.read_table(source, columns=["msisdn"])["msisdn"].combine_chunks()
    chosen = np.random.default_rng(1).permutation(len(numbers))[: round(len(numbers) * LIST_SHARE)]
    parquet.write_table(pa.table({"msisdn": numbers.take(pa.array(chosen))}), listed)
    return renewed, listed


async def _load(one: Served, file: File, work: Path) -> Load:
    """One file by DuckDB and by the service; raises RuntimeError when a row is not in."""
    copy_seconds = await asyncio.to_thread(_copy, file.path, work)
    one.forget_peak()
    began = time.perf_counter()
    rows = await load_file(one, file)
    seconds = time.perf_counter() - began
    return Load(name=file.name, rows=rows, seconds=seconds, peak_mb=one.peak_mb, copy_seconds=copy_seconds)


def _copy(file: Path, work: Path) -> float:
    """Seconds that DuckDB needs to read the file and write it again."""
    began = time.perf_counter()
    with duckdb.connect(config={"threads": ENGINE_THREADS, "memory_limit": "2GB"}) as connection:
        connection.execute(f"COPY (SELECT * FROM read_parquet('{file}')) TO '{work / 'copy.parquet'}' (FORMAT parquet)")  # noqa: S608 -- our own paths
    return time.perf_counter() - began


if __name__ == "__main__":
    reached = main().reached
    sys.exit(0 if all(reached.values()) else 1)
