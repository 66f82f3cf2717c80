"""Measures files on their way in beside DuckDB's own copy of the same file and their bounds; it must not judge them.

Run ``python -m tests.bench.segment_load``; ``CARILLON_BENCH_SUBSCRIBERS=12000000`` is the full form. The first load grants
everybody an ordinal, the second renews every attribute of everybody, then come a month of usage, the events of a month
and a list in no order. Each is from the first byte of the upload to the answer that it is loaded.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import uvloop
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from carillon.segment.v1 import snapshot_pb2, snapshot_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.identity import acting_as
from tests.bench.segment_service import (
    ADMIN,
    AS_OF,
    ENDED,
    LOAD_SECONDS,
    LOOK_SECONDS,
    PIECE_BYTES,
    TYPES,
    Served,
    bench_subscribers,
    served,
)

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
            work = Path(place)
            renewed, listed = await asyncio.to_thread(_derive, one, work)
            said = json.loads((one.folder / "dictionary.json").read_text())
            usage = json.loads((one.folder / "usage.dictionary.json").read_text())
            loads = (
                await load_file(one, "first snapshot", one.folder / "subscribers.parquet", work, dictionary=said),
                await load_file(one, "renewed snapshot", renewed, work),
                await load_file(
                    one,
                    "usage",
                    one.folder / f"usage-{MONTH}.parquet",
                    work,
                    kind="usage",
                    month=MONTH,
                    dictionary=usage,
                ),
                await load_file(one, "events", one.folder / "events.parquet", work, kind="events"),
                await load_file(one, "list", listed, work, kind="list", list_name="bench"),
            )
    return LoadFigures(subscribers=subscribers, loads=loads)


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


async def load_file(
    one: Served,
    name: str,
    file: Path,
    work: Path,
    *,
    kind: str = "subscribers",
    month: str = "",
    list_name: str = "",
    dictionary: dict[str, dict[str, str]] | None = None,
) -> Load:
    """Uploads one file and waits until it is loaded; raises RuntimeError when a row is not in."""
    header = snapshot_pb2.SnapshotHeader(
        request_id=name,
        as_of=AS_OF.isoformat(),
        kind=kind,
        month=month,
        name=list_name,
        file_name=file.name,
        dictionary=[
            snapshot_pb2.Attribute(name=one, type=TYPES[how["type"]]) for one, how in (dictionary or {}).items()
        ],
    )
    copy_seconds = await asyncio.to_thread(_copy, file, work)
    stub = snapshot_pb2_grpc.SnapshotServiceStub(one.channel)
    one.forget_peak()
    began = time.perf_counter()
    snapshot = (await invoke(stub.UploadSnapshot, _parts(header, file), timeout_seconds=LOAD_SECONDS)).snapshot
    async with asyncio.timeout(LOAD_SECONDS):
        while snapshot.state not in ENDED:
            await asyncio.sleep(LOOK_SECONDS)
            snapshot = (await invoke(stub.GetSnapshot, snapshot_pb2.GetSnapshotRequest(id=snapshot.id))).snapshot
    seconds = time.perf_counter() - began
    rows = parquet.read_metadata(file).num_rows
    if snapshot.accepted != rows or snapshot.strangers:
        raise RuntimeError(f"{name}: {snapshot.accepted:,} of {rows:,} loaded: {snapshot.problem or snapshot.notice}")
    return Load(name=name, rows=rows, seconds=seconds, peak_mb=one.peak_mb, copy_seconds=copy_seconds)


async def _parts(header: snapshot_pb2.SnapshotHeader, file: Path) -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
    yield snapshot_pb2.UploadSnapshotRequest(header=header)
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            yield snapshot_pb2.UploadSnapshotRequest(piece=piece)


def _copy(file: Path, work: Path) -> float:
    """Seconds that DuckDB needs to read the file and write it again."""
    began = time.perf_counter()
    with duckdb.connect(config={"threads": ENGINE_THREADS, "memory_limit": "2GB"}) as connection:
        connection.execute(f"COPY (SELECT * FROM read_parquet('{file}')) TO '{work / 'copy.parquet'}' (FORMAT parquet)")  # noqa: S608 -- our own paths
    return time.perf_counter() - began


if __name__ == "__main__":
    reached = main().reached
    sys.exit(0 if all(reached.values()) else 1)
