"""The renditions of the resource library: added once, read by resource; adapts nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.mms.resources import Rendition

# Two that add to one resource wait for each other, so that both count all there is.
LOCK_RESOURCE = "SELECT pg_advisory_xact_lock(hashtextextended('rendition ' || $1, 0))"
COUNT_SLOT = (
    "SELECT count(*) FROM rendition WHERE resource = $1 AND slot = $2 AND NOT (media_type = $3 AND sha256 = $4)"
)
INSERT = """
INSERT INTO rendition (resource, slot, media_type, sha256, octets, added_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING slot
"""
FETCH = (
    "SELECT resource, slot, media_type, octets FROM rendition WHERE resource = $1 ORDER BY slot, octet_length(octets)"
)
KNOWN = "SELECT DISTINCT resource FROM rendition WHERE resource = ANY($1::text[])"
DESCRIBE = """
SELECT slot, media_type, sha256, octet_length(octets) AS size FROM rendition WHERE resource = $1
ORDER BY slot, size, media_type
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionEntry:
    """A rendition without its octets."""

    slot: int
    media_type: str
    sha256: bytes
    size: int


async def count_others(unit: UnitOfWork, rendition: Rendition) -> int:
    """How many other renditions the slot has; nobody adds one to the resource until this transaction ends."""
    await unit.driver.execute(LOCK_RESOURCE, rendition.resource)
    key = (rendition.resource, rendition.slot, rendition.media_type, rendition.sha256)
    return int(await unit.driver.fetchval(COUNT_SLOT, *key))


async def add_rendition(unit: UnitOfWork, rendition: Rendition, *, now: datetime) -> bool:
    """Adds a rendition; False when it stands already."""
    one = rendition
    added = await unit.driver.fetchval(INSERT, one.resource, one.slot, one.media_type, one.sha256, one.octets, now)
    return added is not None


async def fetch_renditions(unit: UnitOfWork, resource: str) -> list[Rendition]:
    """All renditions of a resource, octets included."""
    return [Rendition(**row) for row in await unit.driver.fetch(FETCH, resource)]


async def known_resources(unit: UnitOfWork, resources: Collection[str]) -> frozenset[str]:
    """Those of some resources that have any rendition."""
    return frozenset(row["resource"] for row in await unit.driver.fetch(KNOWN, list(resources)))


async def describe_resource(unit: UnitOfWork, resource: str) -> list[RenditionEntry]:
    """All renditions of a resource without their octets."""
    return [RenditionEntry(**row) for row in await unit.driver.fetch(DESCRIBE, resource)]
