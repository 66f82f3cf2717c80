"""Keeps scenes, which cells they have, and who was in them on which day; it must not keep a cell or a time of anybody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.scene import Scene
from svc_segment.store.reference import shipped_scenes

PUT_SCENE = """
INSERT INTO scene (code, path, confidence, window_days, least_days, from_hour, to_hour, weekdays, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (code) DO UPDATE SET path = $2, confidence = $3, window_days = $4, least_days = $5, from_hour = $6,
    to_hour = $7, weekdays = $8, changed_by = $9, changed_at = $10, ended = false
"""
# Memberships outlive a scene, and so does what must be hidden of them: a path is never forgotten.
KEEP_PATH = "INSERT INTO scene_path (path) VALUES ($1) ON CONFLICT DO NOTHING"
PATHS = "SELECT path FROM scene_path"
SCENES = """
SELECT code, path, confidence, window_days, least_days, from_hour, to_hour, weekdays, ended FROM scene ORDER BY code
"""
# A scene that gives another tag from now on takes back the one it gave: nobody would hide its few any more.
TAKE_BACK = """
DELETE FROM tag_observation
WHERE split_part(source, ':', 1) = 'scene' AND split_part(source, ':', 2) = $1 AND path <> $2
"""
# A scene that is no longer chosen leaves nothing behind.
END_SCENE = (
    "DELETE FROM scene WHERE code = $1",
    "DELETE FROM sighting WHERE scene = $1",
    "DELETE FROM sighting_inbox WHERE scene = $1",
    "DELETE FROM tag_observation WHERE split_part(source, ':', 1) = 'scene' AND split_part(source, ':', 2) = $1",
)
PUT_CELLS = """
INSERT INTO cell (cell, scenes) SELECT cell, string_to_array(scenes, ' ') FROM unnest($1::text[], $2::text[]) AS told (cell, scenes)
ON CONFLICT (cell) DO UPDATE SET scenes = excluded.scenes
"""
SCENES_OF = "SELECT cell, scenes FROM cell WHERE cell = ANY($1::text[])"
CELLS = "SELECT cell, scenes FROM cell WHERE scenes <> '{}'"
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
    SELECT FROM unnest($2::text[], $3::integer[]) AS watched (code, window_days)
    WHERE code = sighting.scene AND sighting.day > $1::date - window_days
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
    await unit.driver.execute(KEEP_PATH, scene.path)
    await unit.driver.execute(TAKE_BACK, scene.code, scene.path)


async def list_scenes(unit: UnitOfWork) -> Sequence[Scene]:
    """The scenes that are watched: the shipped ones, changed or not, and the operator's own; no ended ones."""
    rows = {row["code"]: row for row in await unit.driver.fetch(SCENES)}
    shipped = [scene for scene in shipped_scenes() if scene.code not in rows]
    own = [_to_scene(row) for row in rows.values() if not row["ended"]]
    return sorted([*shipped, *own], key=lambda scene: scene.code)


async def scene_paths(unit: UnitOfWork) -> frozenset[str]:
    """The tags that a scene gives or ever gave, since what was found by them may still be kept."""
    own = {row["path"] for row in await unit.driver.fetch(PATHS)}
    return frozenset(own | {scene.path for scene in shipped_scenes()})


async def end_scene(unit: UnitOfWork, code: str, *, by: str, now: datetime) -> bool:
    """Watches a scene no longer and forgets who was in it and the tags it gave; False when there is none."""
    watched = {scene.code for scene in await list_scenes(unit)}
    if code not in watched:
        return False
    for statement in END_SCENE:
        await unit.driver.execute(statement, code)
    for shipped in shipped_scenes():
        if shipped.code == code:
            # Otherwise it would stand again.
            await put_scene(unit, shipped, by=by, now=now)
            await unit.driver.execute("UPDATE scene SET ended = true WHERE code = $1", code)
    return True


async def put_cells(unit: UnitOfWork, cells: Mapping[str, Collection[str]]) -> None:
    """Says which scenes lie in which cells; a cell of no scene is told with none."""
    await unit.driver.execute(PUT_CELLS, list(cells), [" ".join(sorted(scenes)) for scenes in cells.values()])


async def scenes_of(unit: UnitOfWork, cells: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The scenes of some cells; a cell that nobody told of is absent."""
    return {row["cell"]: row["scenes"] for row in await unit.driver.fetch(SCENES_OF, list(cells))}


async def all_cells(unit: UnitOfWork) -> Mapping[str, Sequence[str]]:
    """The scenes of every cell that has any."""
    return {row["cell"]: row["scenes"] for row in await unit.driver.fetch(CELLS)}


async def merge_sightings(unit: UnitOfWork, days: Mapping[tuple[str, date], BitMap]) -> None:
    """Adds who was in which scene on which day to those known."""
    for scene, day in sorted(days):
        await unit.driver.execute(MAKE_DAY, scene, day, BitMap().serialize())
        members = BitMap.deserialize(await unit.driver.fetchval(LOCK_DAY, scene, day)) | days[scene, day]
        await unit.driver.execute(SAVE_DAY, scene, day, members.serialize())


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
    scenes = await list_scenes(unit)
    await unit.driver.execute(FORGET, today, [one.code for one in scenes], [one.window_days for one in scenes])


def _to_scene(row: asyncpg.Record) -> Scene:
    values = dict(row)
    values.pop("ended")
    return Scene(**{**values, "weekdays": frozenset(row["weekdays"])})
