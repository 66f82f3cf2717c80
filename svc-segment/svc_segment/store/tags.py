"""Keeps who carries which tag by which source, and writes them as the file that rules ask; it must not find tags."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import asyncpg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.tag import MOST_CONFIDENCE, Observation

SAVE = """
INSERT INTO tag_observation (path, source, observed_on, expires_on, confidence, count, subscribers)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (path, source) DO UPDATE SET observed_on = $3, expires_on = $4, confidence = $5, count = $6, subscribers = $7
"""
CURRENT = """
SELECT path, source, observed_on, expires_on, confidence, subscribers FROM tag_observation
WHERE (expires_on IS NULL OR expires_on > $1) AND ($2 = '' OR starts_with(path, $2 || '/')) ORDER BY path, source
"""
REMOVE = "DELETE FROM tag_observation WHERE path = $1 AND ($2 = '' OR source = $2) RETURNING source"
EXPIRE = "DELETE FROM tag_observation WHERE expires_on <= $1"
ADD_FILE = "INSERT INTO tag_file (file, as_of) VALUES ($1, $2) RETURNING version"
NEWEST_FILES = "SELECT version, file, as_of FROM tag_file ORDER BY version DESC LIMIT $1"
SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("path", pa.string()), ("confidence", pa.float64())])


async def save_observation(unit: UnitOfWork, found: Observation) -> None:
    """Writes what a source found; it takes the place of what the same source found before."""
    await unit.driver.execute(
        SAVE,
        found.path,
        found.source,
        found.observed_on,
        found.expires_on,
        found.confidence,
        len(found.subscribers),
        found.subscribers.serialize(),
    )


async def read_observations(unit: UnitOfWork, today: date, *, beneath: str = "") -> Sequence[Observation]:
    """What holds today, by path and source: of all tags, or of those beneath one."""
    return [_to_observation(row) for row in await unit.driver.fetch(CURRENT, today, beneath)]


async def remove_observations(unit: UnitOfWork, path: str, source: str) -> int:
    """Takes a tag from everyone, by one source or by all, and gives how many sources had it."""
    return len(await unit.driver.fetch(REMOVE, path, source))


async def expire_observations(unit: UnitOfWork, today: date) -> None:
    """Lets what no longer holds go."""
    await unit.driver.execute(EXPIRE, today)


async def add_tag_file(unit: UnitOfWork, file: str, as_of: date) -> int:
    """Makes a file the current one and gives its version."""
    return int(await unit.driver.fetchval(ADD_FILE, file, as_of))


async def newest_tag_files(unit: UnitOfWork, limit: int) -> Sequence[str]:
    """The newest files of tags, the current one first."""
    return [row["file"] for row in await unit.driver.fetch(NEWEST_FILES, limit)]


async def current_tags(unit: UnitOfWork) -> tuple[int, date | None]:
    """The version of the current file and the day up to which tags were brought; 0 and None before the first."""
    row = await unit.driver.fetchrow(NEWEST_FILES, 1)
    return (row["version"], row["as_of"]) if row else (0, None)


async def tags_as_of(unit: UnitOfWork) -> date | None:
    """The day up to which tags were brought, None before the first."""
    _, as_of = await current_tags(unit)
    return as_of


def write_tags(path: Path, observations: Sequence[Observation]) -> None:
    """Writes who carries which tag how surely, a row a subscriber and tag. Blocking."""
    with parquet.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for table in _tables(observations):
            writer.write_table(table)


def by_path(observations: Sequence[Observation]) -> Mapping[str, Sequence[Observation]]:
    """The observations of each tag."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for one in observations:
        found[one.path].append(one)
    return found


def carriers(sources: Sequence[Observation]) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Who carries a tag by some of its sources, rising, and how surely all together make it."""
    ids = np.asarray(BitMap.union(*(one.subscribers for one in sources)).to_array(), dtype=np.uint32)
    wrong = np.ones(len(ids))
    for one in sources:
        carries = np.searchsorted(ids, np.asarray(one.subscribers.to_array(), dtype=np.uint32))
        wrong[carries] *= 1 - one.confidence
    return ids, np.minimum(1 - wrong, MOST_CONFIDENCE)


def _tables(observations: Sequence[Observation]) -> Iterator[pa.Table]:
    for path, sources in by_path(observations).items():
        ids, confidence = carriers(sources)
        paths = pa.repeat(pa.scalar(path), len(ids))
        yield pa.table([pa.array(ids), paths, pa.array(confidence)], schema=SCHEMA)


def _to_observation(row: asyncpg.Record) -> Observation:
    return Observation(**{**dict(row), "subscribers": BitMap.deserialize(row["subscribers"])})
