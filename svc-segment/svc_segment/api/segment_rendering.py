"""Turns segments, definitions and set algebra into protobuf and back, one function each way; it must not decide anything."""

import uuid
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import membership_pb2, segment_pb2
from svc_segment.domain.member_list import ListCounts
from svc_segment.domain.rebuild import Rebuild, RebuildState
from svc_segment.domain.segment import Definition, Segment, SegmentKind
from svc_segment.domain.set_algebra import SegmentReference, SetExpression, SetOperation, SetOperator

KINDS = {
    SegmentKind.RULE: segment_pb2.SEGMENT_KIND_RULE,
    SegmentKind.LIST: segment_pb2.SEGMENT_KIND_LIST,
    SegmentKind.ALGEBRA: segment_pb2.SEGMENT_KIND_ALGEBRA,
}
OPERATORS = {
    SetOperator.UNION: segment_pb2.SET_OPERATOR_UNION,
    SetOperator.INTERSECTION: segment_pb2.SET_OPERATOR_INTERSECTION,
    SetOperator.DIFFERENCE: segment_pb2.SET_OPERATOR_DIFFERENCE,
}
OPERATORS_BY_NUMBER = {int(number): operator for operator, number in OPERATORS.items()}
REBUILD_STATES = {
    RebuildState.RUNNING: membership_pb2.REBUILD_STATE_RUNNING,
    RebuildState.DONE: membership_pb2.REBUILD_STATE_DONE,
}


def render_segment(segment: Segment) -> segment_pb2.Segment:
    """A segment with its current size and what it is behind of."""
    return segment_pb2.Segment(
        id=str(segment.id),
        name=segment.name,
        rule=segment.definition.rule,
        version=segment.version,
        count=segment.count,
        as_of=segment.as_of.isoformat(),
        kind=KINDS[segment.kind],
        description=segment.description,
        expression=_rendered(segment.definition.expression),
        definition=segment.definition.number,
        archived=segment.archived,
        stale=bool(segment.stale),
        stale_reasons=[reason.value for reason in segment.stale],
        created_by=segment.created_by,
        changed_by=segment.changed_by,
        changed_at=_moment(segment.changed_at),
        small_group=segment.small_group,
    )


def render_definition(definition: Definition) -> segment_pb2.Definition:
    """A definition of the history."""
    return segment_pb2.Definition(
        number=definition.number,
        rule=definition.rule,
        expression=_rendered(definition.expression),
        defined_by=definition.defined_by,
        defined_at=_moment(definition.defined_at),
    )


def parse_expression(message: segment_pb2.SetExpression) -> SetExpression:
    """Set algebra as a caller writes it."""
    if message.WhichOneof("node") == "segment_id":
        return SegmentReference(segment_id=uuid.UUID(message.segment_id))
    operation = message.operation
    return SetOperation(
        operator=OPERATORS_BY_NUMBER[int(operation.operator)],
        operands=tuple(parse_expression(operand) for operand in operation.operands),
    )


def render_expression(expression: SetExpression) -> segment_pb2.SetExpression:
    """Set algebra as it stands."""
    if isinstance(expression, SegmentReference):
        return segment_pb2.SetExpression(segment_id=str(expression.segment_id))
    operands = [render_expression(operand) for operand in expression.operands]
    operation = segment_pb2.SetOperation(operator=OPERATORS[expression.operator], operands=operands)
    return segment_pb2.SetExpression(operation=operation)


def render_counts(counts: ListCounts) -> segment_pb2.ListCounts:
    """What became of a list's entries."""
    return segment_pb2.ListCounts(
        read=counts.read, invalid=counts.invalid, unknown=counts.unknown, repeated=counts.repeated
    )


def render_rebuild(rebuild: Rebuild) -> membership_pb2.Rebuild:
    """How far a rebuild is."""
    return membership_pb2.Rebuild(
        id=str(rebuild.id),
        state=REBUILD_STATES[rebuild.state],
        segments=rebuild.segments,
        rebuilt=rebuild.rebuilt,
        started_at=_moment(rebuild.started_at),
        ended_at=_moment(rebuild.ended_at),
        problems=[
            membership_pb2.RebuildProblem(segment_id=str(segment_id), detail=detail)
            for segment_id, detail in rebuild.problems.items()
        ],
    )


def _rendered(expression: SetExpression | None) -> segment_pb2.SetExpression | None:
    return None if expression is None else render_expression(expression)


def _moment(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    moment = Timestamp()
    moment.FromDatetime(at)
    return moment
