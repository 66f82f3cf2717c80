"""Makes a segment of a rule or of other segments with its first membership; it must not rebuild others."""

import uuid
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict
from svc_segment.app.compute_members import Computed, compute_members
from svc_segment.app.define_segment import define_segment
from svc_segment.domain.segment import Definition, Segment
from svc_segment.domain.set_algebra import SetExpression
from svc_segment.store.bases import hold_base
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.memberships import insert_members
from svc_segment.store.segments import find_id, insert_segment


async def create_segment(
    unit: UnitOfWork,
    engine: Engine,
    folder: DataFolder,
    *,
    segment_id: uuid.UUID,
    name: str,
    description: str,
    rule: str,
    expression: SetExpression | None,
    by: str,
    now: datetime,
) -> Segment:
    """The segment at version 1 (SEG-68, SEG-69). Raises what ``define_segment`` does, Conflict SEGMENT_NAME_TAKEN."""
    # A snapshot that came in between would rebuild the segments that stand, and miss this one.
    await hold_base(unit)
    defined = await define_segment(
        unit, segment_id=segment_id, number=1, rule=rule, expression=expression, by=by, now=now
    )
    computed = await compute_members(unit, engine, folder, defined, now=now)
    return await keep_new_segment(
        unit,
        computed,
        segment_id=segment_id,
        name=name,
        description=description,
        definition=defined.definition,
        now=now,
    )


async def keep_new_segment(
    unit: UnitOfWork,
    computed: Computed,
    *,
    segment_id: uuid.UUID,
    name: str,
    description: str,
    definition: Definition,
    now: datetime,
) -> Segment:
    """Writes a segment with its first membership; raises Conflict SEGMENT_NAME_TAKEN (metadata: id)."""
    segment = Segment(
        id=segment_id,
        name=name,
        definition=definition,
        version=1,
        count=len(computed.members),
        as_of=computed.provenance.as_of,
        description=description,
        created_by=definition.defined_by,
        changed_by=definition.defined_by,
        changed_at=now,
    )
    if not await insert_segment(unit, segment, created_at=now):
        raise await name_taken(unit, name)
    await insert_members(unit, segment_id, 1, computed.members, computed.provenance)
    return segment


async def name_taken(unit: UnitOfWork, name: str) -> Conflict:
    """The refusal of a name that stands already; its metadata tells whose it is."""
    return Conflict(
        reason="SEGMENT_NAME_TAKEN",
        field="name",
        detail=f"a segment is called '{name}' already; choose another name",
        metadata={"id": str(await find_id(unit, name))},
    )
