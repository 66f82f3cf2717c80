"""Keeps set algebra as JSON: a segment's id as text, an operation as its name over a list; it must not check anything."""

import json
import uuid
from typing import Any

from svc_segment.domain.set_algebra import SegmentReference, SetExpression, SetOperation, SetOperator


def write_expression(expression: SetExpression | None) -> str | None:
    """The JSON of an expression, None for none."""
    return None if expression is None else json.dumps(_to_json(expression))


def read_expression(said: Any) -> SetExpression:
    """The expression of what was written."""
    if isinstance(said, str):
        return SegmentReference(segment_id=uuid.UUID(said))
    ((operator, operands),) = said.items()
    return SetOperation(operator=SetOperator(operator), operands=tuple(read_expression(one) for one in operands))


def _to_json(expression: SetExpression) -> Any:
    if isinstance(expression, SegmentReference):
        return str(expression.segment_id)
    return {expression.operator.value: [_to_json(operand) for operand in expression.operands]}
