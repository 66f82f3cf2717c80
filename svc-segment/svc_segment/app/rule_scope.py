"""Gathers the names that a rule may speak of beside attributes; it must not read the rule."""

import uuid

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.rules.needs import dependents_of
from svc_segment.domain.rules.scope import Scope
from svc_segment.store.history import read_measures
from svc_segment.store.segments import read_graph, read_names


async def read_scope(unit: UnitOfWork, segment_id: uuid.UUID | None = None) -> Scope:
    """Measures and segments as they stand; with ``segment_id`` the rule is that segment's own, so it may close no circle."""
    names = await read_names(unit)
    dependents = dependents_of(segment_id, await read_graph(unit)) if segment_id is not None else frozenset()
    return Scope(
        measures=await read_measures(unit),
        segments={**names, **{str(one): one for one in names.values()}},
        dependents=dependents,
    )
