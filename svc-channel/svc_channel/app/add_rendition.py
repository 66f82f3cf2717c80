"""Adds a rendition to the resource library, once; changes and deletes none."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import LimitExceeded
from svc_channel.domain.mms.resources import RENDITIONS_LIMIT, Rendition
from svc_channel.store import renditions


async def add_rendition(database: Database, rendition: Rendition, *, clock: Clock) -> bool:
    """Keeps the rendition; False, and nothing changed, when its octets stand there already.

    Raises LimitExceeded (RESOURCE_RENDITIONS) when its slot has as many as a slot may have.
    """
    async with database.unit_of_work() as unit:
        if await renditions.count_others(unit, rendition) >= RENDITIONS_LIMIT:
            raise LimitExceeded(
                reason="RESOURCE_RENDITIONS",
                field="slot",
                detail=f"a slot has at most {RENDITIONS_LIMIT} renditions; take a new slot or a new resource",
            )
        return await renditions.add_rendition(unit, rendition, now=clock.now())
