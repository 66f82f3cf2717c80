"""Gives a segment another definition, or an older one again, and a new version by it; the history is never rewritten."""

import uuid
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound, Unavailable
from svc_segment.app.compute_members import compute_members
from svc_segment.app.define_segment import define_segment
from svc_segment.app.get_segment import require_segment
from svc_segment.app.request_rebuild import request_rebuild_of_users
from svc_segment.domain.segment import Segment, SegmentKind
from svc_segment.domain.set_algebra import SetExpression
from svc_segment.store.bases import hold_base
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.memberships import swap_members
from svc_segment.store.segments import add_definition, list_definitions


async def redefine_segment(
    unit: UnitOfWork,
    engine: Engine,
    folder: DataFolder,
    *,
    segment_id: uuid.UUID,
    rule: str,
    expression: SetExpression | None,
    by: str,
    now: datetime,
) -> Segment:
    """The segment by its new definition, at its next version; segments that read it are rebuilt after it.

    Raises NotFound, StateRefused SEGMENT_ARCHIVED, InvalidInput SEGMENT_KIND for another kind of definition, and
    what ``define_segment`` raises.
    """
    await hold_base(unit)
    segment = await require_segment(unit, segment_id)
    defined = await define_segment(
        unit,
        segment_id=segment_id,
        number=segment.definition.number + 1,
        rule=rule,
        expression=expression,
        by=by,
        now=now,
    )
    definition = defined.definition
    if segment.kind is SegmentKind.LIST or definition.kind is not segment.kind:
        raise InvalidInput(
            reason="SEGMENT_KIND",
            field="id",
            detail=f"'{segment.name}' is a segment by {segment.kind} and stays one; make a new segment",
        )
    computed = await compute_members(unit, engine, folder, defined, now=now)
    await add_definition(unit, segment_id, definition)
    if not await swap_members(unit, segment_id, computed.members, computed.provenance, after=segment.version, now=now):
        raise Unavailable(reason="SEGMENT_MOVED", detail="the segment was rebuilt meanwhile; try again")
    await request_rebuild_of_users(unit, segment_id, segment.version + 1)
    return replace(
        segment,
        definition=definition,
        version=segment.version + 1,
        count=len(computed.members),
        as_of=computed.provenance.as_of,
        changed_by=by,
        changed_at=now,
    )


async def restore_definition(
    unit: UnitOfWork,
    engine: Engine,
    folder: DataFolder,
    *,
    segment_id: uuid.UUID,
    number: int,
    by: str,
    now: datetime,
) -> Segment:
    """The segment by an older definition, written again as the newest; raises NotFound DEFINITION_NOT_FOUND too."""
    older = await list_definitions(unit, segment_id, before=number + 1, limit=1)
    if not older or older[0].number != number:
        raise NotFound(
            reason="DEFINITION_NOT_FOUND",
            field="definition",
            detail=f"the segment {segment_id} has no definition {number}",
        )
    return await redefine_segment(
        unit,
        engine,
        folder,
        segment_id=segment_id,
        rule=older[0].rule,
        expression=older[0].expression,
        by=by,
        now=now,
    )
