"""Compiles a rule's tree to an Ibis expression over a table of subscribers; it must not run anything.

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
    InList,
    IsNull,
    IsTruth,
    Like,
    Not,
    Operand,
    Operator,
    Or,
    Reference,
    Rule,
)

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


@singledispatch
def compile_expression(rule: Rule, table: ir.Table) -> ir.BooleanValue:
    """The rule as a condition on ``table``, whose columns have the types of the dictionary."""
    raise TypeError(f"no node of a rule: {rule!r} over {table.schema()}")


@compile_expression.register
def _constant(rule: Constant, _table: ir.Table) -> ir.BooleanValue:
    return ibis.literal(rule.value)


@compile_expression.register
def _flag(rule: Flag, table: ir.Table) -> ir.BooleanValue:
    return table[rule.reference.name]


@compile_expression.register
def _compared(rule: Comparison, table: ir.Table) -> ir.BooleanValue:
    return _comparison(table, rule.left, rule.operator, rule.right)


@compile_expression.register
def _between(rule: Between, table: ir.Table) -> ir.BooleanValue:
    from_low = _comparison(table, rule.reference, Operator.GREATER_OR_EQUAL, rule.low)
    return from_low & _comparison(table, rule.reference, Operator.LESS_OR_EQUAL, rule.high)


@compile_expression.register
def _in_list(rule: InList, table: ir.Table) -> ir.BooleanValue:
    alike = [_operand(table, value, as_double=False) for value in rule.values if value.type is rule.reference.type]
    others = [value for value in rule.values if value.type is not rule.reference.type]
    conditions = [_comparison(table, rule.reference, Operator.EQUAL, value) for value in others]
    if alike:
        conditions.append(table[rule.reference.name].isin(alike))
    return _balanced(operator.or_, conditions)


@compile_expression.register
def _like(rule: Like, table: ir.Table) -> ir.BooleanValue:
    column = table[rule.reference.name]
    return column.ilike(rule.pattern) if rule.ignore_case else column.like(rule.pattern)


@compile_expression.register
def _is_null(rule: IsNull, table: ir.Table) -> ir.BooleanValue:
    return table[rule.reference.name].isnull()


@compile_expression.register
def _is_truth(rule: IsTruth, table: ir.Table) -> ir.BooleanValue:
    condition = compile_expression(rule.operand, table)
    return (condition if rule.value else ~condition).fill_null(False)  # noqa: FBT003 -- the value that fills


@compile_expression.register
def _not(rule: Not, table: ir.Table) -> ir.BooleanValue:
    return ~compile_expression(rule.operand, table)


@compile_expression.register
def _and(rule: And, table: ir.Table) -> ir.BooleanValue:
    return _balanced(operator.and_, [compile_expression(one, table) for one in rule.operands])


@compile_expression.register
def _or(rule: Or, table: ir.Table) -> ir.BooleanValue:
    return _balanced(operator.or_, [compile_expression(one, table) for one in rule.operands])


def _comparison(table: ir.Table, left: Reference, compared: Operator, right: Operand) -> ir.BooleanValue:
    as_double = left.type is not right.type
    return COMPARE[compared](_operand(table, left, as_double=as_double), _operand(table, right, as_double=as_double))


def _operand(table: ir.Table, operand: Operand, *, as_double: bool) -> ir.Value:
    if isinstance(operand, Reference):
        column = table[operand.name]
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
