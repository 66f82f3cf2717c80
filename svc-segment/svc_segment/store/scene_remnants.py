"""Finds and removes what is kept of who was in a scene that is over; it must not judge when that is.

Sightings and the scene's own tag go with the scene (``sightings.py``); here are the sets that were worked out of them:
memberships, tags that were given to members, and what matches decided by them.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.tag import member_source

# Segments that ask for one of the tags, in any definition, and all that read them, however far up.
RESTING = """
WITH RECURSIVE resting AS (
    SELECT segment_id FROM segment_definition, unnest(tags) AS tag, unnest($1::text[]) AS path
    WHERE tag = path OR starts_with(path, tag || '/') OR starts_with(tag, path || '/')
    UNION
    SELECT segment_definition.segment_id FROM resting JOIN segment_definition ON resting.segment_id = ANY(uses)
)
SELECT segment_id FROM resting
"""
# The tags that the members of segments were given.
GIVEN = "SELECT DISTINCT path FROM tag_observation WHERE source = ANY($1::text[])"
TAKE_BACK = "DELETE FROM tag_observation WHERE source = ANY($1::text[])"
NOTE = """
INSERT INTO scene_remnant (segment_id, since) SELECT unnest($1::uuid[]), $2
ON CONFLICT (segment_id) DO UPDATE SET since = $2
"""
NOTED = """
SELECT scene_remnant.segment_id, since, archived, segment.version, membership.read_at, membership.count, (
    SELECT count(*) FROM membership AS older WHERE older.segment_id = segment.id AND older.version <> segment.version
) AS older
FROM scene_remnant JOIN segment ON segment.id = scene_remnant.segment_id
JOIN membership ON membership.segment_id = segment.id AND membership.version = segment.version
"""
DONE = "DELETE FROM scene_remnant WHERE segment_id = $1"
# Versions that are not the current one; one that a launch streams by number only once that must be over.
DROP = """
DELETE FROM membership USING segment
WHERE segment.id = membership.segment_id AND segment.id = $1 AND membership.version <> segment.version
    AND (kept_until IS NULL OR kept_until < $2 OR $3)
"""
SETS = (
    "UPDATE match_share SET fits = $3, speaks = $3 WHERE run_id = $1 AND rule = ANY($2::text[]) AND fits <> ''::bytea"
)
RUNS = "SELECT DISTINCT run_id FROM match_share WHERE fits <> ''::bytea"
EXTRACTED = "DELETE FROM match_extraction WHERE rule = ANY($1::text[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remnant:
    """A segment that a scene which is over ``since`` had a part in.

    ``version``, ``read_at`` and ``count`` are of its current membership, ``older`` says how many others are kept.
    """

    segment_id: uuid.UUID
    since: datetime
    archived: bool
    version: int
    read_at: datetime
    count: int
    older: int


async def resting_on(unit: UnitOfWork, path: str) -> tuple[frozenset[uuid.UUID], frozenset[str]]:
    """The segments that rest on a tag, by whatever way, and the tag with those that their members were given."""
    tags = {path}
    while True:
        segments = frozenset(row[0] for row in await unit.driver.fetch(RESTING, sorted(tags)))
        given = {row[0] for row in await unit.driver.fetch(GIVEN, _sources(segments))}
        if given <= tags:
            return segments, frozenset(tags)
        tags |= given


async def take_back_given(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> None:
    """Takes the tags from everyone who got them as a member of one of the segments."""
    await unit.driver.execute(TAKE_BACK, _sources(segment_ids))


async def note_remnants(unit: UnitOfWork, segment_ids: Collection[uuid.UUID], since: datetime) -> None:
    """Remembers that versions of these segments have to go."""
    await unit.driver.execute(NOTE, sorted(segment_ids), since)


async def read_remnants(unit: UnitOfWork) -> Sequence[Remnant]:
    """What has not gone yet."""
    return [Remnant(**dict(row)) for row in await unit.driver.fetch(NOTED)]


async def end_remnant(unit: UnitOfWork, segment_id: uuid.UUID) -> None:
    """Nothing is left of the segment as it was."""
    await unit.driver.execute(DONE, segment_id)


async def drop_older(unit: UnitOfWork, segment_id: uuid.UUID, *, now: datetime, pinned: bool) -> None:
    """Removes all versions but the current one; ``pinned`` ones too when told so."""
    await unit.driver.execute(DROP, segment_id, now, pinned)


async def runs_with_sets(unit: UnitOfWork) -> list[uuid.UUID]:
    """The matches of which it is still kept who fitted what."""
    return [row[0] for row in await unit.driver.fetch(RUNS)]


async def empty_shares(unit: UnitOfWork, run_id: uuid.UUID, rules: Collection[str]) -> None:
    """Lets rules of a match have spoken for nobody; its counts stand."""
    await unit.driver.execute(SETS, run_id, sorted(rules), BitMap().serialize())


async def forget_extracted(unit: UnitOfWork, rules: Collection[str]) -> None:
    """Forgets whom rules gave away, in any month."""
    await unit.driver.execute(EXTRACTED, sorted(rules))


def _sources(segment_ids: Collection[uuid.UUID]) -> list[str]:
    return [member_source(segment_id) for segment_id in segment_ids]
