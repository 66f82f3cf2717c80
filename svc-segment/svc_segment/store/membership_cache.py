"""Keeps current memberships in memory to say at once who belongs where; it must not hold more than it may.

A membership is loaded once a version. What does not fit into the memory granted, the largest ones, is read from the
database whenever somebody asks: right, but slow; ``left_out`` says how many those are.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork

# Changes whenever a membership, the archive or the number of segments does; one row instead of thousands.
STAMP = """
SELECT count(*), coalesce(sum(version), 0)::bigint, count(*) FILTER (WHERE archived), max(changed_at) FROM segment
"""
SIZES = """
SELECT segment.id, segment.version, octet_length(bitmap) AS bytes FROM segment
JOIN membership ON segment_id = segment.id AND membership.version = segment.version WHERE NOT archived
"""
LOAD = """
SELECT segment_id, version, bitmap FROM membership
WHERE (segment_id, version) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
"""
# Bitmaps fetched at once: at twelve million subscribers one has 1.5 MB at most.
LOADED_AT_ONCE = 16

Stamp = tuple[object, ...]


class MembershipCache:
    """The current memberships of one process, by segment."""

    def __init__(self, database: Database, *, limit_bytes: int) -> None:
        self._database = database
        self._limit_bytes = limit_bytes
        self._turn = asyncio.Lock()
        self._stamp: Stamp | None = None
        self._kept: dict[uuid.UUID, tuple[int, BitMap]] = {}
        self._left_out: dict[uuid.UUID, int] = {}

    @property
    def left_out(self) -> int:
        """How many memberships did not fit."""
        return len(self._left_out)

    async def containing(self, subscriber_id: int) -> Sequence[uuid.UUID]:
        """The segments, not archived, whose current membership has the subscriber, by rising id."""
        async with self._database.read() as unit:
            await self._refresh(unit)
            kept = dict(self._kept)
            found = [one for one, (_, members) in kept.items() if subscriber_id in members]
            for members in _slices(self._left_out.items(), LOADED_AT_ONCE):
                loaded = await _load(unit, dict(members))
                found += [one for one, (_, bitmap) in loaded.items() if subscriber_id in bitmap]
        return sorted(found)

    async def _refresh(self, unit: UnitOfWork) -> None:
        async with self._turn:
            stamp: Stamp = tuple(await unit.driver.fetchrow(STAMP) or ())
            if stamp == self._stamp:
                return
            rows = sorted(await unit.driver.fetch(SIZES), key=lambda row: int(row["bytes"]))
            wanted, self._left_out = self._fitting(rows)
            kept = {one: known for one, known in self._kept.items() if wanted.get(one) == known[0]}
            missing = {one: version for one, version in wanted.items() if one not in kept}
            self._kept = kept
            for members in _slices(missing.items(), LOADED_AT_ONCE):
                kept.update(await _load(unit, dict(members)))
            # A version that went while the others were loaded shows by the next stamp.
            self._stamp = stamp

    def _fitting(self, rows: Iterable[asyncpg.Record]) -> tuple[dict[uuid.UUID, int], dict[uuid.UUID, int]]:
        """The versions to keep and those to leave out; the smaller ones are kept, since that keeps the most."""
        kept: dict[uuid.UUID, int] = {}
        left_out: dict[uuid.UUID, int] = {}
        used = 0
        for row in rows:
            used += int(row["bytes"])
            (kept if used <= self._limit_bytes else left_out)[row["id"]] = row["version"]
        return kept, left_out


async def _load(unit: UnitOfWork, versions: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, tuple[int, BitMap]]:
    rows = await unit.driver.fetch(LOAD, list(versions), list(versions.values()))
    return {row[0]: (row[1], BitMap.deserialize(row[2])) for row in rows}


def _slices(items: Iterable[tuple[uuid.UUID, int]], size: int) -> Iterable[Sequence[tuple[uuid.UUID, int]]]:
    left = iter(tuple(items))
    while some := tuple(islice(left, size)):
        yield some
