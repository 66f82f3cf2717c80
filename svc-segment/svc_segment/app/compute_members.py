"""Computes who belongs by a definition, with what it was computed from; it must not keep the answer."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.app.current_base import require_base
from svc_segment.app.define_segment import Defined
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Definition, Provenance, Segment
from svc_segment.domain.set_algebra import SetExpression, work_out
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.memberships import read_data_versions, read_members
from svc_segment.store.segments import find_segments
from svc_segment.store.surroundings import Surroundings, read_surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Who belongs, and what that rests on."""

    members: BitMap
    provenance: Provenance


async def compute_members(
    unit: UnitOfWork, engine: Engine, folder: DataFolder, defined: Defined, *, now: datetime
) -> Computed:
    """The members by a rule or an expression as everything stands now; raises StateRefused NO_SNAPSHOT for a rule."""
    definition, meaning = defined.definition, defined.meaning
    parts = await read_members(unit, definition.needs.segments)
    if isinstance(meaning, SetExpression):
        segments = await find_segments(unit, definition.needs.segments)
        computed = await asyncio.to_thread(combine_members, definition, meaning, parts, segments, now)
        await refuse_small_groups(unit, [len(computed.members)], segments=definition.needs.segments)
        return computed
    data = await read_data_versions(unit)
    _, base = await require_base(unit)
    members = await engine.members(base, meaning, await around_rules(unit, folder, [meaning], parts, now=now))
    needs = rule_needs(meaning)
    await refuse_small_groups(unit, [len(members)], tags=needs.tags, segments=needs.segments)
    provenance = Provenance(
        definition=definition.number,
        base=base.version,
        usage=data.usage,
        events=data.events,
        read_at=now,
        as_of=base.as_of,
        parts={part: version for part, (version, _) in parts.items()},
        tags=data.tags,
    )
    return Computed(members=members, provenance=provenance)


async def around_rules(
    unit: UnitOfWork,
    folder: DataFolder,
    rules: Sequence[Rule],
    parts: Mapping[uuid.UUID, tuple[int, BitMap]],
    *,
    now: datetime,
    subscriber_ids: Sequence[int] | None = None,
) -> Surroundings:
    """What rules read beside attributes; of other segments exactly the members whose versions are noted.

    With ``subscriber_ids``, of the events that are in no file yet only theirs.
    """
    needs = replace(rule_needs(*rules), segments=frozenset())
    around = await read_surroundings(unit, folder, needs, as_of=now, subscriber_ids=subscriber_ids)
    return replace(around, memberships={part: members for part, (_, members) in parts.items()})


def combine_members(
    definition: Definition,
    expression: SetExpression,
    parts: Mapping[uuid.UUID, tuple[int, BitMap]],
    segments: Mapping[uuid.UUID, Segment],
    now: datetime,
) -> Computed:
    """Set algebra over the current members of its parts, as of the oldest of them (SEG-69)."""
    members = work_out(expression, {part: members for part, (_, members) in parts.items()})
    days: list[date] = [segments[part].as_of for part in parts]
    # A lone reference is the part's own set, which nobody may change.
    own = members.copy()
    own.run_optimize()
    return Computed(
        members=own,
        provenance=Provenance(
            definition=definition.number,
            base=0,
            usage=0,
            events=0,
            read_at=now,
            as_of=min(days),
            parts={part: version for part, (version, _) in parts.items()},
        ),
    )
