"""Takes what the cell system saw and keeps of it scene and day alone; it must not keep a cell or a time."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event
from svc_segment.domain.scene import CELL_ATTRIBUTE
from svc_segment.store.sightings import add_sightings, list_scenes, scenes_of


async def record_sightings(unit: UnitOfWork, seen: Sequence[Event], *, zone: ZoneInfo) -> None:
    """Keeps who was in a chosen scene on which day (SEG-08, SEG-29); what no scene watches is forgotten at once."""
    watched = {scene.code: scene for scene in await list_scenes(unit)}
    by_cell = await scenes_of(unit, {event.attributes[CELL_ATTRIBUTE] for event in seen})
    kept = set()
    for event in seen:
        local = event.at.astimezone(zone)
        for code in by_cell.get(event.attributes[CELL_ATTRIBUTE], ()):
            if code in watched and watched[code].sees(local):
                kept.add((code, local.date(), event.subscriber_id))
    if kept:
        await add_sightings(unit, kept)
