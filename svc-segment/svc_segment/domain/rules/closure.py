"""Compiles a rule's tree to a function of one row; it must agree with the set-based compiler on every row.

A row maps attribute names to values; a name that is missing is null. The subscriber's history stands beside it.
The answer is True, False or None (unknown).
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Protocol

from svc_segment.domain.attributes import AttributeType, Value
from svc_segment.domain.rules.history import NO_HISTORY, History
from svc_segment.domain.rules.measuring import measure
from svc_segment.domain.rules.pattern import compile_pattern
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
    Reference,
    Rule,
    Subject,
)

Row = Mapping[str, Value | None]


class RowRule(Protocol):
    """A compiled rule."""

    def __call__(self, row: Row, history: History = NO_HISTORY) -> bool | None:
        """Whether one subscriber fits."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the subscriber who is asked about."""

    row: Row
    history: History


Condition = Callable[[_Known], bool | None]
Getter = Callable[[_Known], Value | None]

COMPARE: Mapping[Operator, Callable[..., bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}


def compile_closure(rule: Rule) -> RowRule:
    """The rule as a function of one row and its history."""
    condition = _compiled(rule)

    def fits(row: Row, history: History = NO_HISTORY) -> bool | None:
        return condition(_Known(row, history))

    return fits


@singledispatch
def _compiled(rule: Rule) -> Condition:
    """Each kind of node has its own function below."""
    raise TypeError(f"no node of a rule: {rule!r}")


@_compiled.register
def _constant(rule: Constant) -> Condition:
    return lambda _known: rule.value


@_compiled.register
def _flag(rule: Flag) -> Condition:
    name = rule.reference.name

    def flag(known: _Known) -> bool | None:
        value = known.row.get(name)
        return None if value is None else bool(value)

    return flag


@_compiled.register
def _compared(rule: Comparison) -> Condition:
    return _comparison(rule.left, rule.operator, rule.right)


@_compiled.register
def _between(rule: Between) -> Condition:
    from_low = _comparison(rule.reference, Operator.GREATER_OR_EQUAL, rule.low)
    to_high = _comparison(rule.reference, Operator.LESS_OR_EQUAL, rule.high)
    return _all((from_low, to_high))


@_compiled.register
def _in_list(rule: InList) -> Condition:
    return _any([_comparison(rule.reference, Operator.EQUAL, value) for value in rule.values])


@_compiled.register
def _like(rule: Like) -> Condition:
    name = rule.reference.name
    fits = compile_pattern(rule.pattern, ignore_case=rule.ignore_case)

    def like(known: _Known) -> bool | None:
        value = known.row.get(name)
        return None if value is None else fits(str(value))

    return like


@_compiled.register
def _is_null(rule: IsNull) -> Condition:
    get = _getter(rule.reference, as_double=False)
    return lambda known: get(known) is None


@_compiled.register
def _in_segment(rule: InSegment) -> Condition:
    segment_id = rule.segment_id
    return lambda known: segment_id in known.history.segments


@_compiled.register
def _has_tag(rule: HasTag) -> Condition:
    path, beneath, least = rule.path, f"{rule.path}/", rule.least_confidence

    def has_tag(known: _Known) -> bool:
        return any(
            confidence >= least and (name == path or name.startswith(beneath))
            for name, confidence in known.history.tags.items()
        )

    return has_tag


@_compiled.register
def _is_truth(rule: IsTruth) -> Condition:
    operand = _compiled(rule.operand)
    return lambda known: operand(known) is rule.value


@_compiled.register
def _not(rule: Not) -> Condition:
    operand = _compiled(rule.operand)

    def negation(known: _Known) -> bool | None:
        value = operand(known)
        return None if value is None else not value

    return negation


@_compiled.register
def _and(rule: And) -> Condition:
    return _all([_compiled(one) for one in rule.operands])


@_compiled.register
def _or(rule: Or) -> Condition:
    return _any([_compiled(one) for one in rule.operands])


def _comparison(left: Subject, compared: Operator, right: Operand) -> Condition:
    as_double = left.type is not right.type
    get_left, get_right = _getter(left, as_double=as_double), _getter(right, as_double=as_double)
    compare = COMPARE[compared]

    def comparison(known: _Known) -> bool | None:
        one, other = get_left(known), get_right(known)
        return None if one is None or other is None else compare(one, other)

    return comparison


def _getter(operand: Operand, *, as_double: bool) -> Getter:
    """Reads an operand; an integer and a number meet as doubles, as they do in SQL."""
    if isinstance(operand, Literal):
        value = float(operand.value) if as_double and isinstance(operand.value, int) else operand.value
        return lambda _known: value
    get = _reader(operand)
    if not as_double or operand.type is not AttributeType.INTEGER:
        return get

    def double(known: _Known) -> Value | None:
        value = get(known)
        return float(value) if isinstance(value, int) else value

    return double


def _reader(subject: Subject) -> Getter:
    if isinstance(subject, Reference):
        name = subject.name
        return lambda known: known.row.get(name)
    measured = measure(subject)
    return lambda known: measured(known.history)


def _all(operands: Sequence[Condition]) -> Condition:
    def conjunction(known: _Known) -> bool | None:
        answer: bool | None = True
        for operand in operands:
            value = operand(known)
            if value is False:
                return False
            if value is None:
                answer = None
        return answer

    return conjunction


def _any(operands: Sequence[Condition]) -> Condition:
    def disjunction(known: _Known) -> bool | None:
        answer: bool | None = False
        for operand in operands:
            value = operand(known)
            if value is True:
                return True
            if value is None:
                answer = None
        return answer

    return disjunction
