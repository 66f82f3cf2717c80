"""Says what segments and tags rest on, however far down; it must not judge that."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork

# The segments and all that they read, and the tags that their rules ask for. Every definition counts: the members by
# an older one are kept for a while, and are given to who asks for its version.
TAGS = """
WITH RECURSIVE asked AS (
    SELECT unnest($1::uuid[]) AS id
    UNION
    SELECT unnest(uses) FROM asked JOIN segment_definition ON segment_id = id
)
SELECT id, tags FROM asked JOIN segment_definition ON segment_id = id
"""
SOURCES = """
SELECT DISTINCT substr(source, length('segment:') + 1)::uuid FROM tag_observation, unnest($1::text[]) AS tag
WHERE source LIKE 'segment:%' AND (path = tag OR starts_with(path, tag || '/'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A segment and the tags that a definition of it asks for, none for lists and set algebra."""

    segment_id: uuid.UUID
    tags: frozenset[str]


async def read_roots(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> list[Root]:
    """The segments and all that they read, however far down, once for each definition that they have had."""
    rows = await unit.driver.fetch(TAGS, list(segment_ids))
    return [Root(segment_id=row["id"], tags=frozenset(row["tags"])) for row in rows]


async def tagging_segments(unit: UnitOfWork, tags: Collection[str]) -> set[uuid.UUID]:
    """The segments whose members were given one of the tags, or one beneath it."""
    return {row[0] for row in await unit.driver.fetch(SOURCES, list(tags))}
