"""Reads and writes memberships, each version whole, with what it was computed from; it must not compute who belongs."""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.segment import Provenance
from svc_segment.domain.staleness import DataVersions, Mark

INSERT = """
INSERT INTO membership
    (segment_id, version, base_version, as_of, count, bitmap, definition, usage_version, read_at, parts, event_loads,
     tag_version)
VALUES ($1, $2, nullif($3, 0), $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
LOCK = "SELECT version FROM segment WHERE id = $1 FOR UPDATE"
ADVANCE = "UPDATE segment SET version = $2 WHERE id = $1"
# Whoever read the version before a swap may still fetch it; a launch keeps its own; others are nobody's.
FORGET = """
DELETE FROM membership WHERE segment_id = $1 AND version < $2 - 1 AND (kept_until IS NULL OR kept_until < $3)
"""
CURRENT = """
SELECT segment.id, segment.version, bitmap FROM segment
JOIN membership ON segment_id = segment.id AND membership.version = segment.version
WHERE segment.id = ANY($1::uuid[])
"""
PINNED = """
UPDATE membership SET kept_until = greatest(kept_until, $3) WHERE segment_id = $1 AND version = $2 RETURNING bitmap
"""
# The segments asked for and all that they read, however far down.
MARKS = """
WITH RECURSIVE asked AS (
    SELECT unnest($1::uuid[]) AS id
    UNION
    SELECT unnest(uses) FROM asked JOIN segment USING (id)
    JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
)
SELECT segment.id, segment.version, kind, coalesce(base_version, 0) AS base, usage_version, event_loads, read_at, parts::text,
    reads_usage, event_types <> '{}' AS reads_events, tag_version, tags <> '{}' AS reads_tags
FROM asked JOIN segment USING (id)
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
JOIN membership ON membership.segment_id = segment.id AND membership.version = segment.version
"""
PROVENANCES = """
SELECT segment_id, membership.definition, coalesce(base_version, 0) AS base, usage_version, event_loads, read_at,
    as_of, parts::text, tag_version
FROM segment JOIN membership ON segment_id = segment.id AND membership.version = segment.version
WHERE segment.id = ANY($1::uuid[])
"""
VERSIONS = """
SELECT coalesce((SELECT max(version) FROM base), 0) AS base,
    coalesce((SELECT sum(version) FROM usage_month), 0)::bigint AS usage,
    (SELECT count(*) FROM snapshot WHERE kind = 'events' AND state = 'loaded') AS events,
    coalesce((SELECT max(version) FROM tag_file), 0) AS tags
"""
AS_OF = "SELECT as_of FROM membership WHERE segment_id = $1 AND version = $2"
CURRENT_VERSIONS = "SELECT id, version FROM segment WHERE NOT archived"


async def read_members(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, BitMap]]:
    """The current version and members of each segment; what is not there is absent."""
    rows = await unit.driver.fetch(CURRENT, list(segment_ids))
    return {row[0]: (row[1], BitMap.deserialize(row[2])) for row in rows}


async def pin_members(unit: UnitOfWork, segment_id: uuid.UUID, version: int, *, until: datetime) -> BitMap | None:
    """The members of one version, kept until then at least; None when it is not there any more."""
    serialized = await unit.driver.fetchval(PINNED, segment_id, version, until)
    return BitMap.deserialize(serialized) if serialized is not None else None


async def read_as_of(unit: UnitOfWork, segment_id: uuid.UUID, version: int) -> date:
    """The day that the data of a version describe; the version must be there."""
    found: date = await unit.driver.fetchval(AS_OF, segment_id, version)
    return found


async def read_current_versions(unit: UnitOfWork) -> Mapping[uuid.UUID, int]:
    """The current version of every segment that is not archived."""
    return {row[0]: row[1] for row in await unit.driver.fetch(CURRENT_VERSIONS)}


async def insert_members(
    unit: UnitOfWork, segment_id: uuid.UUID, version: int, members: BitMap, provenance: Provenance
) -> None:
    """Writes one version whole."""
    await unit.driver.execute(
        INSERT,
        segment_id,
        version,
        provenance.base,
        provenance.as_of,
        len(members),
        members.serialize(),
        provenance.definition,
        provenance.usage,
        provenance.read_at,
        json.dumps({str(part): number for part, number in provenance.parts.items()}),
        provenance.events,
        provenance.tags,
    )


async def swap_members(
    unit: UnitOfWork, segment_id: uuid.UUID, members: BitMap, provenance: Provenance, *, after: int, now: datetime
) -> bool:
    """Makes ``members`` the version that follows ``after``, whole; False when another one took its place meanwhile."""
    if await unit.driver.fetchval(LOCK, segment_id) != after:
        return False
    await insert_members(unit, segment_id, after + 1, members, provenance)
    await unit.driver.execute(ADVANCE, segment_id, after + 1)
    await unit.driver.execute(FORGET, segment_id, after + 1, now)
    return True


async def read_marks(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Mark]:
    """What the memberships of the segments, and of all that they read, were computed from."""
    return {row["id"]: _to_mark(row) for row in await unit.driver.fetch(MARKS, list(segment_ids))}


async def read_provenances(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Provenance]:
    """What the current membership of each segment was computed from."""
    rows = await unit.driver.fetch(PROVENANCES, list(segment_ids))
    return {
        row["segment_id"]: Provenance(
            definition=row["definition"],
            base=row["base"],
            usage=row["usage_version"],
            events=row["event_loads"],
            read_at=row["read_at"],
            as_of=row["as_of"],
            parts=_to_parts(row["parts"]),
            tags=row["tag_version"],
        )
        for row in rows
    }


async def read_data_versions(unit: UnitOfWork) -> DataVersions:
    """The versions of the data as they stand."""
    row = await unit.driver.fetchrow(VERSIONS)
    return DataVersions(**row) if row else DataVersions(base=0, usage=0, events=0)


def _to_mark(row: asyncpg.Record) -> Mark:
    return Mark(
        version=row["version"],
        base=row["base"],
        usage=row["usage_version"],
        read_at=row["read_at"],
        parts=_to_parts(row["parts"]),
        events=row["event_loads"],
        reads_subscribers=row["kind"] == "rule",
        reads_usage=row["reads_usage"],
        reads_events=row["reads_events"],
        tags=row["tag_version"],
        reads_tags=row["reads_tags"],
    )


def _to_parts(said: str) -> Mapping[uuid.UUID, int]:
    return {uuid.UUID(part): version for part, version in json.loads(said).items()}
