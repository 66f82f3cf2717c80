"""Streams the members of a segment with attributes as Arrow; it must not recompute who belongs."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.current_base import require_base
from svc_segment.app.get_segment import segment_not_found
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.domain.attributes import Dictionary
from svc_segment.store.engine import Engine
from svc_segment.store.memberships import pin_members, read_members

# A launch that is killed and begun again streams the version it began with; none takes longer.
PINNED_FOR = timedelta(days=7)


async def stream_members(
    database: Database,
    engine: Engine,
    segment_id: uuid.UUID,
    attributes: Sequence[str],
    *,
    version: int | None,
    now: datetime,
) -> AsyncIterator[bytes]:
    """Arrow IPC streams of at most 5,000 rows: ``subscriber_id`` uint32, rising, then the attributes asked for.

    Membership is the segment's current version, or ``version``, which is kept for a week from now on; the attributes
    are those of the current snapshot. Raises NotFound SEGMENT_NOT_FOUND or VERSION_NOT_FOUND, InvalidInput
    ATTRIBUTE_UNKNOWN or ATTRIBUTE_TWICE, StateRefused GROUP_TOO_SMALL (SEG-29) before the first batch.
    """
    async with database.unit_of_work() as unit:
        dictionary, base = await require_base(unit)
        check_attributes(attributes, dictionary)
        members = await read_version(unit, segment_id, version, now=now)
        await refuse_small_groups(unit, [len(members)], segments=[segment_id])
    async for message in engine.stream_members(base, members, attributes):
        yield message


async def read_version(unit: UnitOfWork, segment_id: uuid.UUID, version: int | None, *, now: datetime) -> BitMap:
    """The members of a version, the current one for None; raises NotFound SEGMENT_NOT_FOUND or VERSION_NOT_FOUND."""
    if version is None:
        found = (await read_members(unit, [segment_id])).get(segment_id)
        if found is None:
            raise segment_not_found(segment_id, "segment_id")
        return found[1]
    members = await pin_members(unit, segment_id, version, until=now + PINNED_FOR)
    if members is None:
        raise NotFound(
            reason="VERSION_NOT_FOUND",
            field="segment_version",
            detail=f"version {version} of the segment {segment_id} is not kept any more; take the current one",
        )
    return members


def check_attributes(attributes: Sequence[str], dictionary: Dictionary) -> None:
    """Raises InvalidInput ATTRIBUTE_UNKNOWN or ATTRIBUTE_TWICE."""
    for index, name in enumerate(attributes):
        if name not in dictionary:
            closest = dictionary.closest(name)
            hint = f"; did you mean {' or '.join(closest)}?" if closest else "; GET /attributes lists what there is"
            raise InvalidInput(
                reason="ATTRIBUTE_UNKNOWN", field=f"attributes[{index}]", detail=f"there is no attribute '{name}'{hint}"
            )
        if name in attributes[:index]:
            raise InvalidInput(
                reason="ATTRIBUTE_TWICE", field=f"attributes[{index}]", detail=f"'{name}' is asked for twice"
            )
