"""Keeps scenes, which cells they have, and who was in them on which day; it must not keep a cell or a time of anybody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.scene import Scene

PUT_SCENE = """
INSERT INTO scene (code, path, confidence, window_days, least_days, from_hour, to_hour, weekdays, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (code) DO UPDATE SET path = $2, confidence = $3, window_days = $4, least_days = $5, from_hour = $6,
    to_hour = $7, weekdays = $8, changed_by = $9, changed_at = $10
"""
SCENES = """
SELECT code, path, confidence, window_days, least_days, from_hour, to_hour, weekdays FROM scene ORDER BY code
"""
# A scene that gives another tag from now on takes back the one it gave: nobody would hide its few any more.
TAKE_BACK = """
DELETE FROM tag_observation
WHERE split_part(source, ':', 1) = 'scene' AND split_part(source, ':', 2) = $1 AND path <> $2
"""
# A scene that is no longer chosen leaves nothing behind.
END_SCENE = (
    "DELETE FROM sighting WHERE scene = $1",
    "DELETE FROM sighting_inbox WHERE scene = $1",
    "DELETE FROM tag_observation WHERE split_part(source, ':', 1) = 'scene' AND split_part(source, ':', 2) = $1",
)
PUT_CELLS = """
INSERT INTO cell (cell, scenes) SELECT cell, string_to_array(scenes, ' ') FROM unnest($1::text[], $2::text[]) AS told (cell, scenes)
ON CONFLICT (cell) DO UPDATE SET scenes = excluded.scenes
"""
SCENES_OF = "SELECT cell, scenes FROM cell WHERE cell = ANY($1::text[])"
ADD = """
INSERT INTO sighting_inbox (scene, day, subscriber_id) SELECT * FROM unnest($1::text[], $2::date[], $3::integer[])
"""
TAKE = """
DELETE FROM sighting_inbox WHERE id IN (SELECT id FROM sighting_inbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING scene, day, subscriber_id
"""
MAKE_DAY = "INSERT INTO sighting (scene, day, subscribers) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
LOCK_DAY = "SELECT subscribers FROM sighting WHERE scene = $1 AND day = $2 FOR UPDATE"
SAVE_DAY = "UPDATE sighting SET subscribers = $3 WHERE scene = $1 AND day = $2"
DAYS = "SELECT subscribers FROM sighting WHERE scene = $1 AND day > $2 AND day <= $3 ORDER BY day"
# What no scene looks back at any more, and what is of no scene.
FORGET = """
DELETE FROM sighting WHERE NOT EXISTS (
    SELECT FROM scene WHERE scene.code = sighting.scene AND sighting.day > $1::date - scene.window_days
)
"""


async def put_scene(unit: UnitOfWork, scene: Scene, *, by: str, now: datetime) -> None:
    """Chooses a scene, or changes how it is watched; the tag of another path that it gave is taken back."""
    await unit.driver.execute(
        PUT_SCENE,
        scene.code,
        scene.path,
        scene.confidence,
        scene.window_days,
        scene.least_days,
        scene.from_hour,
        scene.to_hour,
        sorted(scene.weekdays),
        by,
        now,
    )
    await unit.driver.execute(TAKE_BACK, scene.code, scene.path)


async def list_scenes(unit: UnitOfWork) -> Sequence[Scene]:
    """The scenes that are watched."""
    rows = await unit.driver.fetch(SCENES)
    return [Scene(**{**dict(row), "weekdays": frozenset(row["weekdays"])}) for row in rows]


async def end_scene(unit: UnitOfWork, code: str) -> bool:
    """Watches a scene no longer and forgets who was in it and the tags it gave; False when there is none."""
    if not await unit.driver.fetchval("DELETE FROM scene WHERE code = $1 RETURNING true", code):
        return False
    for statement in END_SCENE:
        await unit.driver.execute(statement, code)
    return True


async def put_cells(unit: UnitOfWork, cells: Mapping[str, Collection[str]]) -> None:
    """Says which scenes lie in which cells; a cell of no scene is told with none."""
    await unit.driver.execute(PUT_CELLS, list(cells), [" ".join(sorted(scenes)) for scenes in cells.values()])


async def scenes_of(unit: UnitOfWork, cells: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The scenes of some cells; a cell that nobody told of is absent."""
    return {row["cell"]: row["scenes"] for row in await unit.driver.fetch(SCENES_OF, list(cells))}


async def add_sightings(unit: UnitOfWork, seen: Collection[tuple[str, date, int]]) -> None:
    """Takes scene, day and subscriber; who comes twice on a day is there once."""
    scenes, days, subscribers = zip(*sorted(seen), strict=True) if seen else ((), (), ())
    await unit.driver.execute(ADD, list(scenes), list(days), list(subscribers))


async def fold_sightings(unit: UnitOfWork, limit: int) -> int:
    """Moves sightings into the sets of their days and gives how many."""
    taken = sorted((row["scene"], row["day"], row["subscriber_id"]) for row in await unit.driver.fetch(TAKE, limit))
    for (scene, day), rows in groupby(taken, key=lambda row: row[:2]):
        await unit.driver.execute(MAKE_DAY, scene, day, BitMap().serialize())
        members = BitMap.deserialize(await unit.driver.fetchval(LOCK_DAY, scene, day))
        members.update(row[2] for row in rows)
        await unit.driver.execute(SAVE_DAY, scene, day, members.serialize())
    return len(taken)


async def days_of(unit: UnitOfWork, scene: Scene, today: date) -> Sequence[BitMap]:
    """Who was in a scene on each day of its window."""
    after = date.fromordinal(today.toordinal() - scene.window_days)
    rows: list[Any] = await unit.driver.fetch(DAYS, scene.code, after, today)
    return [BitMap.deserialize(row[0]) for row in rows]


async def forget_sightings(unit: UnitOfWork, today: date) -> None:
    """Lets every day go that no scene looks back at any more."""
    await unit.driver.execute(FORGET, today)
