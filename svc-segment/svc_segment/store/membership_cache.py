"""Keeps current memberships in memory to say at once who belongs where; it must not hold more than it may.

A membership is loaded once a version. What does not fit into the memory granted, the largest ones, is read from the
database whenever somebody asks: right, but slow; ``left_out`` says how many those are.
"""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork

# Changes whenever a membership, the archive or the number of segments does; one row instead of thousands.
STAMP = """
SELECT count(*), coalesce(sum(version), 0)::bigint, count(*) FILTER (WHERE archived), max(changed_at) FROM segment
"""
SIZES = """
SELECT segment.id, segment.version, name, as_of, count, octet_length(bitmap) AS bytes FROM segment
JOIN membership ON segment_id = segment.id AND membership.version = segment.version WHERE NOT archived
"""
LOAD = """
SELECT segment_id, bitmap FROM membership
WHERE (segment_id, version) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
"""
# Bitmaps fetched at once: at twelve million subscribers one has 1.5 MB at most.
LOADED_AT_ONCE = 16

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentMembership:
    """Which version of which segment stands, the day of its data, and how many belong."""

    segment_id: uuid.UUID
    version: int
    name: str
    as_of: date
    count: int


class MembershipCache:
    """The current memberships of one process, by segment."""

    def __init__(self, database: Database, *, limit_bytes: int) -> None:
        self._database = database
        self._limit_bytes = limit_bytes
        self._turn = asyncio.Lock()
        self._stamp: Stamp | None = None
        self._kept: Mapping[uuid.UUID, tuple[CurrentMembership, BitMap]] = {}
        self._left_out: Sequence[CurrentMembership] = ()

    @property
    def left_out(self) -> int:
        """How many memberships did not fit."""
        return len(self._left_out)

    async def containing(self, subscriber_id: int) -> Sequence[CurrentMembership]:
        """The segments, not archived, whose current membership has the subscriber, by rising id."""
        async with self._database.read() as unit:
            await self._refresh(unit)
            found = [one for one, members in self._kept.values() if subscriber_id in members]
            for some in _slices(self._left_out):
                loaded = await _load(unit, {one.segment_id: one.version for one in some})
                found += [one for one in some if one.segment_id in loaded and subscriber_id in loaded[one.segment_id]]
        return sorted(found, key=lambda one: one.segment_id)

    async def members_of(self, unit: UnitOfWork, versions: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, BitMap]:
        """The members of these versions, not to be changed: at hand, or read; what is not there any more is absent."""
        kept = self._kept
        found = {
            one: kept[one][1] for one, version in versions.items() if one in kept and kept[one][0].version == version
        }
        missing = {one: version for one, version in versions.items() if one not in found}
        return found | dict(await _load(unit, missing)) if missing else found

    async def _refresh(self, unit: UnitOfWork) -> None:
        stamp: Stamp = tuple(await unit.driver.fetchrow(STAMP) or ())
        if stamp == self._stamp:
            return
        async with self._turn:
            if stamp == self._stamp:
                # Somebody else saw the same change and brought it in meanwhile.
                return
            rows = sorted(await unit.driver.fetch(SIZES), key=lambda row: int(row["bytes"]))
            wanted, left_out = self._fitting(rows)
            kept = {
                one.segment_id: (one, self._kept[one.segment_id][1])
                for one in wanted
                if one.segment_id in self._kept and self._kept[one.segment_id][0].version == one.version
            }
            for some in _slices([one for one in wanted if one.segment_id not in kept]):
                loaded = await _load(unit, {one.segment_id: one.version for one in some})
                kept |= {one.segment_id: (one, loaded[one.segment_id]) for one in some if one.segment_id in loaded}
            # Swapped whole, so that nobody sees half of it; a version that went meanwhile shows by the next stamp.
            self._kept, self._left_out, self._stamp = kept, left_out, stamp

    def _fitting(
        self, rows: Sequence[asyncpg.Record]
    ) -> tuple[Sequence[CurrentMembership], Sequence[CurrentMembership]]:
        """What to keep and what to leave out; the smaller ones are kept, since that keeps the most."""
        kept: list[CurrentMembership] = []
        left_out: list[CurrentMembership] = []
        used = 0
        for row in rows:
            used += int(row["bytes"])
            current = CurrentMembership(
                segment_id=row["id"],
                version=row["version"],
                name=row["name"],
                as_of=row["as_of"],
                count=row["count"],
            )
            (kept if used <= self._limit_bytes else left_out).append(current)
        return kept, left_out


async def _load(unit: UnitOfWork, versions: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, BitMap]:
    rows = await unit.driver.fetch(LOAD, list(versions), list(versions.values()))
    return {row[0]: BitMap.deserialize(row[1]) for row in rows}


def _slices(some: Sequence[CurrentMembership]) -> Iterator[Sequence[CurrentMembership]]:
    for start in range(0, len(some), LOADED_AT_ONCE):
        yield some[start : start + LOADED_AT_ONCE]
