"""Finds the tags that scenes give today and writes the file that rules ask; it must not tell who was where.

It may be done again at any time: a source's newest observation takes the place of the one before.
"""

import asyncio
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from carillon_chassis.database import Database, UnitOfWork
from svc_segment.app.request_rebuild import request_rebuild
from svc_segment.domain.tag import LEAST_GROUP
from svc_segment.store.folders import DataFolder
from svc_segment.store.segments import any_reads_tags
from svc_segment.store.sightings import days_of, fold_sightings, forget_sightings, list_scenes
from svc_segment.store.tags import (
    add_tag_file,
    expire_observations,
    newest_tag_files,
    read_observations,
    remove_observations,
    save_observation,
    write_tags,
)

# Sightings folded in one transaction: some megabytes.
FOLDED_AT_ONCE = 50_000
# The current file and the one that a question may have begun on.
FILES_KEPT = 2


async def fold_all(database: Database) -> int:
    """Moves what came lately into the sets of its days and gives how much that was."""
    folded = 0
    while True:
        async with database.unit_of_work() as unit:
            moved = await fold_sightings(unit, FOLDED_AT_ONCE)
        folded += moved
        if moved < FOLDED_AT_ONCE:
            return folded


async def refresh_tags(database: Database, folder: DataFolder, *, now: datetime, zone: ZoneInfo) -> None:
    """Brings tags up to today: scenes are looked at anew, what is over is forgotten, the file is written."""
    await fold_all(database)
    today = now.astimezone(zone)
    async with database.unit_of_work() as unit:
        await forget_sightings(unit, today.date())
        await expire_observations(unit, today.date())
        for scene in await list_scenes(unit):
            days = await days_of(unit, scene, today.date())
            for found in await asyncio.to_thread(scene.observe, days, today):
                if len(found.subscribers) >= LEAST_GROUP:
                    await save_observation(unit, found)
                else:
                    # So few are persons, not a group: they get no tag (SEG-29).
                    await remove_observations(unit, found.path, found.source)
    await write_tag_file(database, folder, now=now, zone=zone)


async def write_tag_file(database: Database, folder: DataFolder, *, now: datetime, zone: ZoneInfo) -> None:
    """Writes what holds now as the file that rules ask, lets older files go, and has segments renewed that ask for tags."""
    today = now.astimezone(zone).date()
    async with database.read() as unit:
        observations = await read_observations(unit, today)
    file = f"{uuid.uuid4().hex}.parquet"
    await asyncio.to_thread(write_tags, folder.tags(file), observations)
    async with database.unit_of_work() as unit:
        version = await add_tag_file(unit, file, today)
        kept = await _kept(unit)
        if await any_reads_tags(unit):
            # Until it is done such segments are stale, and campaigns refuse them.
            await request_rebuild(unit, uuid.uuid5(uuid.NAMESPACE_OID, f"tags {version}"))
    await asyncio.to_thread(folder.keep_tags, kept)


async def forget_older_tags(database: Database, folder: DataFolder, *, now: datetime) -> None:
    """Lets the version before the current one go once nobody can be reading it: it says who had a tag that is over."""
    async with database.read() as unit:
        newest = frozenset(await newest_tag_files(unit, 1))
    await asyncio.to_thread(folder.sweep_tags, newest, now)


async def _kept(unit: UnitOfWork) -> frozenset[str]:
    return frozenset(await newest_tag_files(unit, FILES_KEPT))
