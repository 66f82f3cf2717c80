"""Says what segments and tags rest on, however far down; it must not judge that."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork

# The segments and all that they read, and the rules of all of them.
RULES = """
WITH RECURSIVE asked AS (
    SELECT unnest($1::uuid[]) AS id
    UNION
    SELECT unnest(uses) FROM asked JOIN segment USING (id)
    JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
)
SELECT segment.id, rule FROM asked JOIN segment USING (id)
JOIN segment_definition ON segment_definition.segment_id = segment.id AND number = segment.definition
"""
SOURCES = """
SELECT DISTINCT substr(source, length('segment:') + 1)::uuid FROM tag_observation, unnest($1::text[]) AS tag
WHERE source LIKE 'segment:%' AND (path = tag OR starts_with(path, tag || '/'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A segment and the text of its rule, empty for lists and set algebra."""

    segment_id: uuid.UUID
    rule: str


async def read_roots(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> list[Root]:
    """The segments and all that they read, however far down."""
    return [Root(segment_id=row["id"], rule=row["rule"]) for row in await unit.driver.fetch(RULES, list(segment_ids))]


async def tagging_segments(unit: UnitOfWork, tags: Collection[str]) -> set[uuid.UUID]:
    """The segments whose members were given one of the tags, or one beneath it."""
    return {row[0] for row in await unit.driver.fetch(SOURCES, list(tags))}
