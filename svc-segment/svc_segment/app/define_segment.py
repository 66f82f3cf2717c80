"""Reads what a segment is to be: a rule or an expression, checked against what stands; it must not write anything."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.get_segment import segment_archived
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Definition, Needs
from svc_segment.domain.set_algebra import SetExpression, check_expression
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.segments import find_segments, lock_graph

# A segment over a segment over a segment: beyond this nobody can say what it means.
MAX_CHAIN = 50

Graph = Mapping[uuid.UUID, frozenset[uuid.UUID]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A checked definition and what it says: the rule as it was read, or the expression."""

    definition: Definition
    meaning: Rule | SetExpression


async def define_segment(
    unit: UnitOfWork,
    *,
    segment_id: uuid.UUID,
    number: int,
    rule: str,
    expression: SetExpression | None,
    by: str,
    now: datetime,
) -> Defined:
    """The checked definition of a segment that is new or stands already (SEG-68, SEG-69).

    Raises InvalidInput DEFINITION_MISSING, RULE_*, EXPRESSION_*, SEGMENT_CYCLE or SEGMENT_CHAIN, NotFound
    SEGMENT_NOT_FOUND and StateRefused SEGMENT_ARCHIVED for a segment that can't be read.
    """
    if bool(rule.strip()) == (expression is not None):
        raise InvalidInput(
            reason="DEFINITION_MISSING", field="rule", detail="say either a rule or an expression, one of the two"
        )
    # Held until the definition is written, so that two at once can't close a circle.
    graph = await lock_graph(unit)
    meaning: Rule | SetExpression
    if expression is not None:
        meaning, needs = expression, Needs(segments=check_expression(expression))
    else:
        dictionary, scope = await read_dictionary(unit), await read_scope(unit, segment_id)
        meaning = await asyncio.to_thread(read_rule, rule, dictionary, scope)
        needs = _needs_of(meaning)
    await _check_references(unit, needs.segments)
    _check_circles(segment_id, needs.segments, graph)
    definition = Definition(number=number, rule=rule, expression=expression, needs=needs, defined_by=by, defined_at=now)
    return Defined(definition=definition, meaning=meaning)


def _needs_of(rule: Rule) -> Needs:
    needs = rule_needs(rule)
    # A list is a segment, too: each of its files gives it a version, by which those who read its rows grow stale.
    return Needs(
        segments=needs.segments | needs.lists,
        usage=bool(needs.measures),
        event_types=needs.event_types,
        tags=needs.tags,
    )


async def _check_references(unit: UnitOfWork, segment_ids: frozenset[uuid.UUID]) -> None:
    found = await find_segments(unit, segment_ids)
    for segment_id in sorted(segment_ids):
        if segment_id not in found:
            raise NotFound(reason="SEGMENT_NOT_FOUND", field="expression", detail=f"there is no segment {segment_id}")
        if found[segment_id].archived:
            raise segment_archived(found[segment_id], "expression")


def _check_circles(segment_id: uuid.UUID, reads: frozenset[uuid.UUID], graph: Graph) -> None:
    """Walks down from what is read, level by level; to come back to where it began is a circle."""
    level, depth = reads, 1
    while level:
        if segment_id in level:
            raise InvalidInput(
                reason="SEGMENT_CYCLE",
                field="expression",
                detail="the segment would be made of itself, by way of the segments it names",
            )
        if depth > MAX_CHAIN:
            raise InvalidInput(
                reason="SEGMENT_CHAIN",
                field="expression",
                detail=f"segments would rest on one another more than {MAX_CHAIN} deep",
            )
        level, depth = frozenset().union(*(graph.get(one, frozenset()) for one in level)), depth + 1
