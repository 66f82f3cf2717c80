"""Says what set algebra over segments is, checks it and works it out over any sets; it must not know whose sets they are."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Protocol, Self, TypeVar

from carillon_chassis.errors import InvalidInput

# Deeper than anybody reads; what needs more is made of named segments.
MAX_DEPTH = 16
# Sets read at once to work one expression out.
MAX_OPERANDS = 1_000


class SetOperator(StrEnum):
    """Union, intersection, and the first operand without all others."""

    UNION = "union"
    INTERSECTION = "intersection"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReference:
    """The members of another segment."""

    segment_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation:
    """An operation on two or more expressions."""

    operator: SetOperator
    operands: "tuple[SetExpression, ...]"

    def __post_init__(self) -> None:
        if len(self.operands) < 2:  # noqa: PLR2004 -- an operation is on two at least
            raise InvalidInput(
                reason="EXPRESSION_TOO_SMALL", field="expression", detail=f"a {self.operator} is of two or more"
            )


SetExpression = SegmentReference | SetOperation


class Members(Protocol):
    """A set that has the three operations."""

    def __or__(self, other: Self, /) -> Self:
        """Who is in one or the other."""
        ...

    def __and__(self, other: Self, /) -> Self:
        """Who is in both."""
        ...

    def __sub__(self, other: Self, /) -> Self:
        """Who is in this one alone."""
        ...


Set = TypeVar("Set", bound=Members)


def check_expression(expression: SetExpression) -> frozenset[uuid.UUID]:
    """The segments that an expression reads; raises InvalidInput EXPRESSION_TOO_DEEP or EXPRESSION_TOO_LARGE."""
    found = _references(expression, 1)
    if len(found) > MAX_OPERANDS:
        raise InvalidInput(
            reason="EXPRESSION_TOO_LARGE",
            field="expression",
            detail=f"the expression names {len(found)} segments; the limit is {MAX_OPERANDS}",
        )
    return frozenset(found)


def work_out(expression: SetExpression, members: Mapping[uuid.UUID, Set]) -> Set:
    """The set that an expression stands for, of the sets of the segments that it reads."""
    if isinstance(expression, SegmentReference):
        return members[expression.segment_id]
    operands = [work_out(operand, members) for operand in expression.operands]
    match expression.operator:
        case SetOperator.UNION:
            return reduce(lambda one, other: one | other, operands)
        case SetOperator.INTERSECTION:
            return reduce(lambda one, other: one & other, operands)
        case SetOperator.DIFFERENCE:
            return reduce(lambda one, other: one - other, operands)


def _references(expression: SetExpression, depth: int) -> list[uuid.UUID]:
    if depth > MAX_DEPTH:
        raise InvalidInput(
            reason="EXPRESSION_TOO_DEEP",
            field="expression",
            detail=f"the expression nests deeper than {MAX_DEPTH}; give its parts names of their own",
        )
    if isinstance(expression, SegmentReference):
        return [expression.segment_id]
    return [found for operand in expression.operands for found in _references(operand, depth + 1)]
