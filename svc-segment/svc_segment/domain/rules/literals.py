"""Turns the literals of a rule into values of the type they stand beside; it must not look anything up."""

import math
import re
from datetime import date

from sqlglot import exp

from svc_segment.domain.attributes import AttributeType
from svc_segment.domain.rules.refusals import Reason, RuleText
from svc_segment.domain.rules.tree import Literal, Subject

INTEGER_RANGE = range(-(2**63), 2**63)
WHOLE = re.compile(r"\d+")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EXPECTED = {
    AttributeType.INTEGER: "a number such as 12",
    AttributeType.NUMBER: "a number such as 12.5",
    AttributeType.TEXT: "a text in single quotes",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.DATE: "a day in quotes such as '2011-03-31'",
}


def is_literal(node: exp.Expr) -> bool:
    """Whether a node is a value as written, with its sign or the word ``date`` before it."""
    if isinstance(node, exp.Neg):
        return isinstance(node.this, exp.Literal) and not node.this.is_string
    if isinstance(node, exp.Cast):
        return node.to.is_type(exp.DType.DATE) and isinstance(node.this, exp.Literal) and node.this.is_string
    return isinstance(node, exp.Literal | exp.Boolean)


def read_literal(rule: RuleText, node: exp.Expr, offset: int, beside: Subject) -> Literal:
    """The literal as a value beside ``beside``; raises InvalidInput RULE_WRONG_TYPE."""
    match beside.type:
        case AttributeType.INTEGER | AttributeType.NUMBER:
            found = _number(node, beside.type)
        case AttributeType.TEXT:
            found = _text(node)
        case AttributeType.BOOLEAN:
            found = _boolean(node)
        case AttributeType.DATE:
            found = _day(node)
    if found is None:
        raise rule.refusal(
            Reason.WRONG_TYPE,
            offset,
            f"'{beside.name}' is {beside.type}; beside it stands {EXPECTED[beside.type]}, not {node.sql('postgres')}",
        )
    return found


def _number(node: exp.Expr, beside: AttributeType) -> Literal | None:
    sign = -1 if isinstance(node, exp.Neg) else 1
    literal = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(literal, exp.Literal) or literal.is_string:
        return None
    written: str = literal.this
    if beside is AttributeType.INTEGER and WHOLE.fullmatch(written):
        whole = sign * int(written)
        return Literal(value=whole, type=AttributeType.INTEGER) if whole in INTEGER_RANGE else None
    try:
        value = sign * float(written)
    except ValueError:
        return None
    return Literal(value=value, type=AttributeType.NUMBER) if math.isfinite(value) else None


def _text(node: exp.Expr) -> Literal | None:
    if isinstance(node, exp.Literal) and node.is_string:
        return Literal(value=node.this, type=AttributeType.TEXT)
    return None


def _boolean(node: exp.Expr) -> Literal | None:
    return Literal(value=bool(node.this), type=AttributeType.BOOLEAN) if isinstance(node, exp.Boolean) else None


def _day(node: exp.Expr) -> Literal | None:
    literal = node.this if isinstance(node, exp.Cast) else node
    if not isinstance(literal, exp.Literal) or not literal.is_string or not DAY.fullmatch(literal.this):
        return None
    try:
        return Literal(value=date.fromisoformat(literal.this), type=AttributeType.DATE)
    except ValueError:
        return None
