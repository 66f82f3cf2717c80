"""Streams the members of a segment with attributes as Arrow; it must not recompute who belongs."""

import uuid
from collections.abc import AsyncIterator, Sequence

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from svc_segment.app.current_base import require_base
from svc_segment.app.get_segment import segment_not_found
from svc_segment.domain.attributes import Dictionary
from svc_segment.store.engine import Engine
from svc_segment.store.segments import read_members


async def stream_members(
    database: Database, engine: Engine, segment_id: uuid.UUID, attributes: Sequence[str]
) -> AsyncIterator[bytes]:
    """Arrow IPC streams of at most 5,000 rows: ``subscriber_id`` uint32, rising, then the attributes asked for.

    Membership is the segment's current version; the attributes are those of the current snapshot.
    Raises NotFound SEGMENT_NOT_FOUND, InvalidInput ATTRIBUTE_UNKNOWN or ATTRIBUTE_TWICE before the first batch.
    """
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        _check_attributes(attributes, dictionary)
        members = await read_members(unit, segment_id)
    if members is None:
        raise segment_not_found(segment_id, "segment_id")
    async for message in engine.stream_members(base, members, attributes):
        yield message


def _check_attributes(attributes: Sequence[str], dictionary: Dictionary) -> None:
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
