"""Compiles a rule's tree to a function of one row; it must agree with the set-based compiler on every row.

A row maps attribute names to values; a name that is missing is null. The answer is True, False or None (unknown).
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch

from svc_segment.domain.attributes import AttributeType, Value
from svc_segment.domain.rules.pattern import compile_pattern
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
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Reference,
    Rule,
)

Row = Mapping[str, Value | None]
RowRule = Callable[[Row], bool | None]
Getter = Callable[[Row], Value | None]

COMPARE: Mapping[Operator, Callable[..., bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}


@singledispatch
def compile_closure(rule: Rule) -> RowRule:
    """The rule as a function of one row; each kind of node has its own function below."""
    raise TypeError(f"no node of a rule: {rule!r}")


@compile_closure.register
def _constant(rule: Constant) -> RowRule:
    return lambda _row: rule.value


@compile_closure.register
def _flag(rule: Flag) -> RowRule:
    name = rule.reference.name

    def flag(row: Row) -> bool | None:
        value = row.get(name)
        return None if value is None else bool(value)

    return flag


@compile_closure.register
def _compared(rule: Comparison) -> RowRule:
    return _comparison(rule.left, rule.operator, rule.right)


@compile_closure.register
def _between(rule: Between) -> RowRule:
    from_low = _comparison(rule.reference, Operator.GREATER_OR_EQUAL, rule.low)
    to_high = _comparison(rule.reference, Operator.LESS_OR_EQUAL, rule.high)
    return _all((from_low, to_high))


@compile_closure.register
def _in_list(rule: InList) -> RowRule:
    return _any([_comparison(rule.reference, Operator.EQUAL, value) for value in rule.values])


@compile_closure.register
def _like(rule: Like) -> RowRule:
    name = rule.reference.name
    fits = compile_pattern(rule.pattern, ignore_case=rule.ignore_case)

    def like(row: Row) -> bool | None:
        value = row.get(name)
        return None if value is None else fits(str(value))

    return like


@compile_closure.register
def _is_null(rule: IsNull) -> RowRule:
    name = rule.reference.name
    return lambda row: row.get(name) is None


@compile_closure.register
def _is_truth(rule: IsTruth) -> RowRule:
    operand = compile_closure(rule.operand)
    return lambda row: operand(row) is rule.value


@compile_closure.register
def _not(rule: Not) -> RowRule:
    operand = compile_closure(rule.operand)

    def negation(row: Row) -> bool | None:
        value = operand(row)
        return None if value is None else not value

    return negation


@compile_closure.register
def _and(rule: And) -> RowRule:
    return _all([compile_closure(one) for one in rule.operands])


@compile_closure.register
def _or(rule: Or) -> RowRule:
    return _any([compile_closure(one) for one in rule.operands])


def _comparison(left: Reference, compared: Operator, right: Operand) -> RowRule:
    as_double = left.type is not right.type
    get_left, get_right = _getter(left, as_double=as_double), _getter(right, as_double=as_double)
    compare = COMPARE[compared]

    def comparison(row: Row) -> bool | None:
        one, other = get_left(row), get_right(row)
        return None if one is None or other is None else compare(one, other)

    return comparison


def _getter(operand: Operand, *, as_double: bool) -> Getter:
    """Reads an operand; an integer and a number meet as doubles, as they do in SQL."""
    if isinstance(operand, Literal):
        value = float(operand.value) if as_double and isinstance(operand.value, int) else operand.value
        return lambda _row: value
    name = operand.name
    if not as_double or operand.type is not AttributeType.INTEGER:
        return lambda row: row.get(name)

    def double(row: Row) -> Value | None:
        value = row.get(name)
        return float(value) if isinstance(value, int) else value

    return double


def _all(operands: Sequence[RowRule]) -> RowRule:
    def conjunction(row: Row) -> bool | None:
        answer: bool | None = True
        for operand in operands:
            value = operand(row)
            if value is False:
                return False
            if value is None:
                answer = None
        return answer

    return conjunction


def _any(operands: Sequence[RowRule]) -> RowRule:
    def disjunction(row: Row) -> bool | None:
        answer: bool | None = False
        for operand in operands:
            value = operand(row)
            if value is True:
                return True
            if value is None:
                answer = None
        return answer

    return disjunction
