"""Makes a segment of a rule with its first membership; it must not rebuild others."""

import asyncio
import uuid
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict
from svc_segment.app.current_base import require_base
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.segment import Segment
from svc_segment.store.bases import hold_base
from svc_segment.store.engine import Engine
from svc_segment.store.segments import find_id, insert_segment


async def create_segment(
    unit: UnitOfWork, engine: Engine, *, segment_id: uuid.UUID, name: str, rule: str, now: datetime
) -> Segment:
    """The segment at version 1 (SEG-68). Raises InvalidInput RULE_*, Conflict SEGMENT_NAME_TAKEN (metadata: id)."""
    # A snapshot that came in between would rebuild the segments that stand, and miss this one.
    await hold_base(unit)
    dictionary, base = await require_base(unit)
    checked = await asyncio.to_thread(read_rule, rule, dictionary)
    members = await engine.members(base, checked)
    segment = Segment(id=segment_id, name=name, rule=rule, version=1, count=len(members), as_of=base.as_of)
    if not await insert_segment(unit, segment, members, base, created_at=now):
        taken = await find_id(unit, name)
        raise Conflict(
            reason="SEGMENT_NAME_TAKEN",
            field="name",
            detail=f"a segment is called '{name}' already; choose another name",
            metadata={"id": str(taken)},
        )
    return segment
