"""Gathers the names that a rule may speak of beside attributes; it must not read the rule."""

import uuid
from collections.abc import Mapping

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.rules.needs import dependents_of
from svc_segment.domain.rules.scope import ListColumns, Scope
from svc_segment.store.history import read_measures
from svc_segment.store.list_months import read_list_columns
from svc_segment.store.segments import read_graph, read_names


async def read_scope(unit: UnitOfWork, segment_id: uuid.UUID | None = None) -> Scope:
    """Measures, lists and segments as they stand; with ``segment_id`` the rule is that segment's own, so it may close no circle."""
    names = await read_names(unit)
    lists = await read_list_columns(unit)
    dependents = dependents_of(segment_id, await read_graph(unit)) if segment_id is not None else frozenset()
    return Scope(
        measures=await read_measures(unit),
        segments={**names, **{str(one): one for one in names.values()}},
        lists={**{name: lists[one] for name, one in names.items() if one in lists}, **_by_id(lists)},
        dependents=dependents,
    )


def _by_id(lists: Mapping[uuid.UUID, ListColumns]) -> Mapping[str, ListColumns]:
    return {str(segment_id): columns for segment_id, columns in lists.items()}
