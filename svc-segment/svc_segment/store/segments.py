"""Reads and writes segments and their memberships, each version whole; it must not compute who belongs."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.segment import Base, Segment

INSERT = """
INSERT INTO segment (id, name, rule, version, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
RETURNING true
"""
FIND = """
SELECT segment.id, name, rule, segment.version, count, as_of
FROM segment JOIN membership ON segment_id = segment.id AND membership.version = segment.version
WHERE segment.id = $1
"""
INSERT_MEMBERSHIP = """
INSERT INTO membership (segment_id, version, base_version, as_of, count, bitmap) VALUES ($1, $2, $3, $4, $5, $6)
"""
MEMBERS = """
SELECT bitmap FROM segment JOIN membership ON segment_id = segment.id AND membership.version = segment.version
WHERE segment.id = $1
"""
LOCK = "SELECT version FROM segment WHERE id = $1 FOR UPDATE"
BUILT_ON = "SELECT base_version FROM membership WHERE segment_id = $1 AND version = $2"
ADVANCE = "UPDATE segment SET version = $2 WHERE id = $1"
# Whoever read the version before a swap may still fetch it; older ones are nobody's.
FORGET = "DELETE FROM membership WHERE segment_id = $1 AND version < $2 - 1"


async def insert_segment(
    unit: UnitOfWork, segment: Segment, members: BitMap, base: Base, *, created_at: datetime
) -> bool:
    """Writes a new segment with its first membership; False when the name is taken."""
    written = await unit.driver.fetchval(INSERT, segment.id, segment.name, segment.rule, segment.version, created_at)
    if written:
        await _insert_membership(unit, segment.id, segment.version, members, base)
    return bool(written)


async def find_segment(unit: UnitOfWork, segment_id: uuid.UUID) -> Segment | None:
    """A segment with its current membership's size."""
    row = await unit.driver.fetchrow(FIND, segment_id)
    return _to_segment(row) if row else None


async def find_id(unit: UnitOfWork, name: str) -> uuid.UUID | None:
    """The id of the segment of a name."""
    found: uuid.UUID | None = await unit.driver.fetchval("SELECT id FROM segment WHERE name = $1", name)
    return found


async def read_members(unit: UnitOfWork, segment_id: uuid.UUID) -> BitMap | None:
    """Who belongs now, None for a segment that is not there."""
    serialized = await unit.driver.fetchval(MEMBERS, segment_id)
    return BitMap.deserialize(serialized) if serialized is not None else None


async def list_rules(unit: UnitOfWork) -> Mapping[uuid.UUID, str]:
    """The rule of every segment, in the order they were made."""
    return {row[0]: row[1] for row in await unit.driver.fetch("SELECT id, rule FROM segment ORDER BY created_at, id")}


async def swap_members(unit: UnitOfWork, segment_id: uuid.UUID, members: BitMap, base: Base) -> bool:
    """Makes ``members`` the next version, whole; False when a version on this base or a later one stands already."""
    version = await unit.driver.fetchval(LOCK, segment_id)
    if version is None or await unit.driver.fetchval(BUILT_ON, segment_id, version) >= base.version:
        return False
    await _insert_membership(unit, segment_id, version + 1, members, base)
    await unit.driver.execute(ADVANCE, segment_id, version + 1)
    await unit.driver.execute(FORGET, segment_id, version + 1)
    return True


async def _insert_membership(
    unit: UnitOfWork, segment_id: uuid.UUID, version: int, members: BitMap, base: Base
) -> None:
    await unit.driver.execute(
        INSERT_MEMBERSHIP, segment_id, version, base.version, base.as_of, len(members), members.serialize()
    )


def _to_segment(row: asyncpg.Record) -> Segment:
    return Segment(
        id=row["id"], name=row["name"], rule=row["rule"], version=row["version"], count=row["count"], as_of=row["as_of"]
    )
