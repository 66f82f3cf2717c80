"""Reads and writes segments and what they are defined as; memberships and their bitmaps are not its business."""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.segment import Definition, Needs, Segment
from svc_segment.store.set_expressions import read_expression, write_expression

# Held while a definition that reads other segments is written: two changes at once could close a circle.
GRAPH_LOCK = 0x5E6_0003
INSERT = """
INSERT INTO segment (id, name, kind, description, version, created_at, created_by, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7) ON CONFLICT DO NOTHING RETURNING true
"""
INSERT_DEFINITION = """
INSERT INTO segment_definition
    (segment_id, number, rule, expression, uses, reads_usage, event_types, tags, defined_by, defined_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
FOUND = """
SELECT segment.id, name, description, archived, segment.version, created_by, changed_by, changed_at,
    number, rule, expression::text, uses, reads_usage, event_types, tags, defined_by, defined_at, count, as_of
FROM segment
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
JOIN membership ON membership.segment_id = segment.id AND membership.version = segment.version
"""
FIND = f"{FOUND} WHERE segment.id = ANY($1::uuid[])"
LIST = f"""{FOUND}
WHERE name > $1 AND name ILIKE $2 AND (NOT archived OR $3) ORDER BY name LIMIT $4
"""
TAGGED = """
SELECT EXISTS (
    SELECT FROM segment
    JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
    WHERE NOT archived AND tags <> '{}'
)
"""
ALL = f"{FOUND} WHERE NOT archived ORDER BY segment.id"
READING = f"{FOUND} WHERE NOT archived AND event_types && $1::text[] ORDER BY segment.id"
CHANGE = """
UPDATE segment SET name = $2, description = $3, archived = $4, changed_by = $5, changed_at = $6 WHERE id = $1
"""
DEFINE = "UPDATE segment SET definition = $2, changed_by = $3, changed_at = $4 WHERE id = $1"
DEFINITIONS = """
SELECT number, rule, expression::text, uses, reads_usage, event_types, tags, defined_by, defined_at FROM segment_definition
WHERE segment_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3
"""
# A rule doubles the quotes of a name.
NAMED_BY = """
SELECT name FROM segment
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
WHERE $1 = ANY(uses) AND position(replace($2, '''', '''''') IN rule) > 0 ORDER BY name
"""
USERS = """
SELECT segment.id, name FROM segment
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
WHERE $1 = ANY(uses) AND NOT archived ORDER BY name
"""
GRAPH = """
SELECT segment.id, uses FROM segment
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
WHERE uses <> '{}'
"""


async def insert_segment(unit: UnitOfWork, segment: Segment, *, created_at: datetime) -> bool:
    """Writes a new segment with its first definition; False when the name is taken."""
    written = await unit.driver.fetchval(
        INSERT,
        segment.id,
        segment.name,
        segment.kind.value,
        segment.description,
        segment.version,
        created_at,
        segment.created_by,
    )
    if written:
        await _insert_definition(unit, segment.id, segment.definition)
    return bool(written)


async def find_segments(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Segment]:
    """Segments with their current membership's size by id; what is not there is absent, what is stale not said."""
    return {row["id"]: _to_segment(row) for row in await unit.driver.fetch(FIND, list(segment_ids))}


async def find_segment(unit: UnitOfWork, segment_id: uuid.UUID) -> Segment | None:
    """One segment, as ``find_segments`` gives it."""
    return (await find_segments(unit, [segment_id])).get(segment_id)


async def list_segments(
    unit: UnitOfWork, *, named: str, after: str, with_archived: bool, limit: int
) -> Sequence[Segment]:
    """Segments whose names contain ``named``, whatever the case, by rising name after ``after``."""
    pattern = "%" + named.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return [_to_segment(row) for row in await unit.driver.fetch(LIST, after, pattern, with_archived, limit)]


async def all_segments(unit: UnitOfWork) -> Mapping[uuid.UUID, Segment]:
    """Every segment that is not archived, by id."""
    return {row["id"]: _to_segment(row) for row in await unit.driver.fetch(ALL)}


async def find_reading(unit: UnitOfWork, event_types: Collection[str]) -> Sequence[Segment]:
    """The segments, not archived, whose rules read events of one of the types."""
    return [_to_segment(row) for row in await unit.driver.fetch(READING, list(event_types))]


async def any_reads_tags(unit: UnitOfWork) -> bool:
    """Whether a segment, not archived, has a rule that asks for a tag."""
    return bool(await unit.driver.fetchval(TAGGED))


async def find_id(unit: UnitOfWork, name: str) -> uuid.UUID | None:
    """The id of the segment of a name."""
    found: uuid.UUID | None = await unit.driver.fetchval("SELECT id FROM segment WHERE name = $1", name)
    return found


async def lock_segment(unit: UnitOfWork, segment_id: uuid.UUID) -> Segment | None:
    """One segment, which nobody else changes until the transaction ends."""
    await unit.driver.execute("SELECT 1 FROM segment WHERE id = $1 FOR UPDATE", segment_id)
    return await find_segment(unit, segment_id)


async def change_segment(unit: UnitOfWork, segment: Segment, *, changed_at: datetime) -> bool:
    """Writes name, description and archive; False when another segment has the name."""
    try:
        async with unit.driver.transaction():
            await unit.driver.execute(
                CHANGE,
                segment.id,
                segment.name,
                segment.description,
                segment.archived,
                segment.changed_by,
                changed_at,
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def add_definition(unit: UnitOfWork, segment_id: uuid.UUID, definition: Definition) -> None:
    """Makes a definition the newest one; older ones stay for the history."""
    await _insert_definition(unit, segment_id, definition)
    await unit.driver.execute(DEFINE, segment_id, definition.number, definition.defined_by, definition.defined_at)


async def list_definitions(unit: UnitOfWork, segment_id: uuid.UUID, *, before: int, limit: int) -> Sequence[Definition]:
    """Definitions of a segment with numbers under ``before``, the newest first."""
    return [_to_definition(row) for row in await unit.driver.fetch(DEFINITIONS, segment_id, before, limit)]


async def find_users(unit: UnitOfWork, segment_id: uuid.UUID) -> Mapping[uuid.UUID, str]:
    """The names of the segments, not archived, that read a segment."""
    return {row[0]: row[1] for row in await unit.driver.fetch(USERS, segment_id)}


async def list_naming(unit: UnitOfWork, segment: Segment) -> Sequence[str]:
    """The names of the segments whose rules call a segment by its name, archived ones too."""
    return [row[0] for row in await unit.driver.fetch(NAMED_BY, segment.id, segment.name)]


async def read_graph(unit: UnitOfWork) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """Which segments read which; those that read none are absent."""
    return {row[0]: frozenset(row[1]) for row in await unit.driver.fetch(GRAPH)}


async def lock_graph(unit: UnitOfWork) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """As ``read_graph``, unchanged by others until the transaction ends."""
    await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", GRAPH_LOCK)
    return await read_graph(unit)


async def read_names(unit: UnitOfWork) -> Mapping[str, uuid.UUID]:
    """The id of every segment that is not archived, by name."""
    return {row[0]: row[1] for row in await unit.driver.fetch("SELECT name, id FROM segment WHERE NOT archived")}


async def _insert_definition(unit: UnitOfWork, segment_id: uuid.UUID, definition: Definition) -> None:
    needs = definition.needs
    await unit.driver.execute(
        INSERT_DEFINITION,
        segment_id,
        definition.number,
        definition.rule,
        write_expression(definition.expression),
        sorted(needs.segments),
        needs.usage,
        sorted(needs.event_types),
        sorted(needs.tags),
        definition.defined_by,
        definition.defined_at,
    )


def _to_segment(row: asyncpg.Record) -> Segment:
    return Segment(
        id=row["id"],
        name=row["name"],
        definition=_to_definition(row),
        version=row["version"],
        count=row["count"],
        as_of=row["as_of"],
        description=row["description"],
        archived=row["archived"],
        created_by=row["created_by"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
    )


def _to_definition(row: asyncpg.Record) -> Definition:
    return Definition(
        number=row["number"],
        rule=row["rule"],
        expression=read_expression(json.loads(row["expression"])) if row["expression"] else None,
        needs=Needs(
            segments=frozenset(row["uses"]),
            usage=row["reads_usage"],
            event_types=frozenset(row["event_types"]),
            tags=frozenset(row["tags"]),
        ),
        defined_by=row["defined_by"],
        defined_at=row["defined_at"],
    )
