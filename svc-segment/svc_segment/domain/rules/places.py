"""Finds where a parsed node of a rule stands in its text, to refuse it there; it must not decide what is refused."""

from sqlglot import exp

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.rules.refusals import Reason, RuleText


def offset_of(node: exp.Expr) -> int:
    """Where the first word of a node that has a place stands."""
    starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
    if starts:
        return int(min(starts))
    return offset_of(node.parent) if node.parent is not None else 0


def refusal_at(rule: RuleText, reason: Reason, node: exp.Expr, what: str) -> InvalidInput:
    """The error for a node."""
    return rule.refusal(reason, offset_of(node), what)


def as_written(node: exp.Expr) -> str:
    """A node as SQL, to be named in a refusal."""
    return node.sql("postgres", comments=False)
