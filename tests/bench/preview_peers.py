"""Counts rules with DuckDB, PostgreSQL, pandas and Polars over the same subscribers, to stand beside a preview; it must not judge.

Polars is no dependency of the product: it is fetched once into ``.cache/polars``; where that can't be had its row is
left out.
"""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import pandas as pd
import pyarrow as pa

from tests.bench.segment_counts import count_rules

POLARS = Path(".cache/polars")
INSTALL_SECONDS = 120
INSERT_SECONDS = 3_600.0
SQL_TYPES = {"integer": "bigint", "number": "double precision", "text": "text", "boolean": "boolean", "date": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A column beside values, such as every peer can say: <, >, between, in, or a boolean column alone."""

    column: str
    operator: str
    among: tuple[Any, ...] = ()

    @property
    def sql(self) -> str:
        """The same words for a rule and for PostgreSQL."""
        said = [f"'{value}'" if not isinstance(value, int | float) else str(value) for value in self.among]
        match self.operator:
            case "is":
                return self.column
            case "between":
                return f"{self.column} between {said[0]} and {said[1]}"
            case "in":
                return f"{self.column} in ({', '.join(said)})"
            case _:
                return f"{self.column} {self.operator} {said[0]}"


# All of the groups must hold, and of each group one predicate.
Groups = Sequence[Sequence[Predicate]]


def as_rule(groups: Groups) -> str:
    """The text of a rule."""
    return " and ".join(f"({' or '.join(one.sql for one in group)})" for group in groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """Milliseconds to count one rule after another, by peer, and what each counted."""

    milliseconds: dict[str, list[float]]
    counts: dict[str, list[int]]

    def median(self, peer: str) -> float:
        """The middle of one peer's times."""
        return statistics.median(self.milliseconds[peer])


def sample_predicates(file: Path, types: dict[str, str], *, seed: int, number: int) -> list[Predicate]:
    """Predicates over all columns whose values are found in the file, the same for a seed."""
    chance = random.Random(seed)
    rows = duckdb.execute(
        f"SELECT * EXCLUDE (msisdn) FROM read_parquet('{file}') USING SAMPLE reservoir(500 ROWS) REPEATABLE (1)"  # noqa: S608 -- our own path
    ).fetch_df()
    known = {name: sorted(set(rows[name].dropna().tolist())) for name in types}
    names = [name for name, values in known.items() if values]
    return [_predicate(chance, name, types[name], known[name]) for name in chance.choices(names, k=number)]


def _predicate(chance: random.Random, name: str, kind: str, values: list[Any]) -> Predicate:
    if kind == "boolean":
        return Predicate(column=name, operator="is")
    if kind == "text":
        return Predicate(column=name, operator="in", among=tuple(chance.sample(values, min(3, len(values)))))
    low, high = sorted(chance.choices(values, k=2))
    if kind == "date":
        low, high = str(low)[:10], str(high)[:10]
    operator = chance.choice(["<", ">", "between"])
    return Predicate(column=name, operator=operator, among=(low, high) if operator == "between" else (high,))


async def count_by_peers(
    url: str, file: Path, types: dict[str, str], rules: Sequence[Groups], *, others: bool
) -> PeerFigures:
    """DuckDB counts each rule over the file, and ``others`` with everything already in their memory; each is alone."""
    figures = PeerFigures(milliseconds={}, counts={})
    _time(figures, "DuckDB", rules, lambda groups: count_rules(file, [as_rule(groups)])[0])
    if not others:
        return figures
    await _postgresql(figures, url, file, types, rules)
    _pandas(figures, file, rules)
    if _install_polars():
        import polars as pl  # type: ignore[import-not-found]  # fetched just now

        table = await asyncio.to_thread(pl.read_parquet, file)
        _time(figures, "Polars", rules, lambda groups: _polars_count(pl, table, groups))
    return figures


def _pandas(figures: PeerFigures, file: Path, rules: Sequence[Groups]) -> None:
    frame = pd.read_parquet(file, dtype_backend="pyarrow")
    _time(figures, "pandas", rules, lambda groups: _pandas_count(frame, groups))


def _time(figures: PeerFigures, peer: str, rules: Sequence[Groups], count: Callable[[Groups], int]) -> None:
    figures.milliseconds[peer], figures.counts[peer] = [], []
    for groups in rules:
        started = time.perf_counter()
        figures.counts[peer].append(count(groups))
        figures.milliseconds[peer].append((time.perf_counter() - started) * 1_000)


async def _postgresql(
    figures: PeerFigures, url: str, file: Path, types: dict[str, str], rules: Sequence[Groups]
) -> None:
    connection = await asyncpg.connect(url)
    try:
        columns = ", ".join(f'"{name}" {SQL_TYPES[kind]}' for name, kind in types.items())
        await connection.execute(f"CREATE UNLOGGED TABLE peer ({columns})")
        await connection.copy_to_table("peer", source=_csv(file, list(types)), format="csv", timeout=INSERT_SECONDS)
        await connection.execute("VACUUM ANALYZE peer", timeout=INSERT_SECONDS)
        figures.milliseconds["PostgreSQL"], figures.counts["PostgreSQL"] = [], []
        for groups in rules:
            started = time.perf_counter()
            counted = await connection.fetchval(f"SELECT count(*) FROM peer WHERE {as_rule(groups)}", timeout=600)  # noqa: S608 -- our own rule
            figures.counts["PostgreSQL"].append(int(counted))
            figures.milliseconds["PostgreSQL"].append((time.perf_counter() - started) * 1_000)
    finally:
        await connection.execute("DROP TABLE IF EXISTS peer")
        await connection.close()


async def _csv(file: Path, names: Sequence[str]) -> Any:
    """The file as CSV in pieces of a hundred thousand rows."""
    from pyarrow import csv, parquet

    for batch in parquet.ParquetFile(file).iter_batches(100_000, columns=list(names)):
        sink = pa.BufferOutputStream()
        await asyncio.to_thread(csv.write_csv, batch, sink, csv.WriteOptions(include_header=False))
        yield bytes(sink.getvalue())


def _pandas_count(frame: pd.DataFrame, groups: Groups) -> int:
    def holds(one: Predicate) -> Any:
        column = frame[one.column]
        match one.operator:
            case "is":
                found = column
            case "between":
                found = (column >= _plain(column, one.among[0])) & (column <= _plain(column, one.among[1]))
            case "in":
                found = column.isin(one.among)
            case "<":
                found = column < _plain(column, one.among[0])
            case _:
                found = column > _plain(column, one.among[0])
        return found.fillna(value=False)

    return _all_of(groups, holds)


def _plain(column: Any, value: Any) -> Any:
    return pd.Timestamp(value).date() if isinstance(value, str) and "date" in str(column.dtype) else value


def _polars_count(pl: Any, table: Any, groups: Groups) -> int:
    def holds(one: Predicate) -> Any:
        column = pl.col(one.column)
        values = [pl.lit(value).str.to_date() if _is_day(table, one) else value for value in one.among]
        match one.operator:
            case "is":
                return column
            case "between":
                return column.is_between(values[0], values[1])
            case "in":
                return column.is_in(values)
            case "<":
                return column < values[0]
            case _:
                return column > values[0]

    kept = pl.all_horizontal([pl.any_horizontal([holds(one) for one in group]) for group in groups])
    return int(table.lazy().select(kept.sum()).collect().item())


def _is_day(table: Any, one: Predicate) -> bool:
    return str(table.schema[one.column]) == "Date"


def _all_of(groups: Groups, holds: Callable[[Predicate], Any]) -> int:
    kept = None
    for group in groups:
        any_of = holds(group[0])
        for one in group[1:]:
            any_of = any_of | holds(one)
        kept = any_of if kept is None else kept & any_of
    return int(kept.sum()) if kept is not None else 0


def _install_polars() -> bool:
    if not (POLARS / "polars").exists():
        uv = Path(sys.executable).parent / "uv"
        install = [str(uv), "pip", "install", "--quiet", "--target", str(POLARS), "polars"]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return False
    sys.path.append(str(POLARS))
    return True
