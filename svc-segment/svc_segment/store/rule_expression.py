"""Compiles a rule's tree to an Ibis condition over a table with a row a subscriber; it must not run anything.

It is the set-based twin of ``domain.rules.closure``; a property test holds the two equal, nulls included.
"""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch
from typing import Any

import ibis
from ibis.expr import types as ir

from svc_segment.domain.attributes import AttributeType
from svc_segment.domain.rules.tree import (
    And,
    Between,
    Comparison,
    Constant,
    Flag,
    HasTag,
    InList,
    InSegment,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Rule,
    Subject,
)
from svc_segment.store.rule_tables import RuleColumns

COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
TYPES: Mapping[AttributeType, str] = {
    AttributeType.INTEGER: "int64",
    AttributeType.NUMBER: "float64",
    AttributeType.TEXT: "string",
    AttributeType.BOOLEAN: "boolean",
    AttributeType.DATE: "date",
}


def compile_expression(rule: Rule, over: ir.Table | RuleColumns) -> ir.BooleanValue:
    """The rule as a condition on a table whose columns have the types of the dictionary.

    A rule that asks for more than attributes needs what ``join_asked`` gives.
    """
    return _compiled(rule, over if isinstance(over, RuleColumns) else RuleColumns(table=over, asked={}))


def compile_certain(rule: Rule, over: ir.Table | RuleColumns) -> ir.BooleanValue:
    """The same, false where the rule is unknown."""
    return compile_expression(rule, over).fill_null(False)  # noqa: FBT003 -- the value that fills


@singledispatch
def _compiled(rule: Rule, _columns: RuleColumns) -> ir.BooleanValue:
    raise TypeError(f"no node of a rule: {rule!r}")


@_compiled.register
def _constant(rule: Constant, _columns: RuleColumns) -> ir.BooleanValue:
    return ibis.literal(rule.value)


@_compiled.register
def _flag(rule: Flag, columns: RuleColumns) -> ir.BooleanValue:
    return columns[rule.reference]


@_compiled.register
def _compared(rule: Comparison, columns: RuleColumns) -> ir.BooleanValue:
    return _comparison(columns, rule.left, rule.operator, rule.right)


@_compiled.register
def _between(rule: Between, columns: RuleColumns) -> ir.BooleanValue:
    from_low = _comparison(columns, rule.reference, Operator.GREATER_OR_EQUAL, rule.low)
    return from_low & _comparison(columns, rule.reference, Operator.LESS_OR_EQUAL, rule.high)


@_compiled.register
def _in_list(rule: InList, columns: RuleColumns) -> ir.BooleanValue:
    alike = [_operand(columns, value, as_double=False) for value in rule.values if value.type is rule.reference.type]
    others = [value for value in rule.values if value.type is not rule.reference.type]
    conditions = [_comparison(columns, rule.reference, Operator.EQUAL, value) for value in others]
    if alike:
        conditions.append(columns[rule.reference].isin(alike))
    return _balanced(operator.or_, conditions)


@_compiled.register
def _like(rule: Like, columns: RuleColumns) -> ir.BooleanValue:
    column = columns[rule.reference]
    return column.ilike(rule.pattern) if rule.ignore_case else column.like(rule.pattern)


@_compiled.register
def _is_null(rule: IsNull, columns: RuleColumns) -> ir.BooleanValue:
    return columns[rule.reference].isnull()


@_compiled.register
def _in_segment(rule: InSegment, columns: RuleColumns) -> ir.BooleanValue:
    return columns[rule]


@_compiled.register
def _has_tag(rule: HasTag, columns: RuleColumns) -> ir.BooleanValue:
    return columns[rule]


@_compiled.register
def _is_truth(rule: IsTruth, columns: RuleColumns) -> ir.BooleanValue:
    condition = _compiled(rule.operand, columns)
    return (condition if rule.value else ~condition).fill_null(False)  # noqa: FBT003 -- the value that fills


@_compiled.register
def _not(rule: Not, columns: RuleColumns) -> ir.BooleanValue:
    return ~_compiled(rule.operand, columns)


@_compiled.register
def _and(rule: And, columns: RuleColumns) -> ir.BooleanValue:
    return _balanced(operator.and_, [_compiled(one, columns) for one in rule.operands])


@_compiled.register
def _or(rule: Or, columns: RuleColumns) -> ir.BooleanValue:
    return _balanced(operator.or_, [_compiled(one, columns) for one in rule.operands])


def _comparison(columns: RuleColumns, left: Subject, compared: Operator, right: Operand) -> ir.BooleanValue:
    as_double = left.type is not right.type
    return COMPARE[compared](
        _operand(columns, left, as_double=as_double), _operand(columns, right, as_double=as_double)
    )


def _operand(columns: RuleColumns, operand: Operand, *, as_double: bool) -> ir.Value:
    if not isinstance(operand, Literal):
        column = columns[operand]
        return column.cast("float64") if as_double and operand.type is AttributeType.INTEGER else column
    if as_double or operand.type is AttributeType.NUMBER:
        # As text, so that the engine reads the double exactly instead of rounding a decimal.
        return ibis.literal(repr(float(operand.value))).cast("float64")  # type: ignore[arg-type]  # a number by its type
    return ibis.literal(operand.value, type=TYPES[operand.type])


def _balanced(join: Callable[[Any, Any], Any], conditions: Sequence[Any]) -> Any:
    """Joins conditions as a balanced tree: a chain of hundreds would be as deep as it is long."""
    if len(conditions) <= 2:  # noqa: PLR2004 -- a pair needs no tree
        return functools.reduce(join, conditions)
    middle = len(conditions) // 2
    return join(_balanced(join, conditions[:middle]), _balanced(join, conditions[middle:]))
