"""Words questions that read the subscribers once for many rules; it must not decide what the answers mean."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr import types as ir

from svc_segment.domain.grid import Pattern
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.rule_expression import compile_expression

GridQuestion = Callable[[Backend, ir.Table], Sequence[Pattern]]


def patterns_of(keep: Rule, rows: Sequence[Rule], columns: Sequence[Rule]) -> GridQuestion:
    """How many of those who fit ``keep`` fit which rows and columns, as bits; unknown does not fit.

    One scan groups by two numbers, so that a grid costs about what its predicates cost, however many cells it has.
    """

    def ask(backend: Backend, table: ir.Table) -> Sequence[Pattern]:
        kept = table.filter(compile_expression(keep, table))
        named = {"rows": _bits(rows, kept), "columns": _bits(columns, kept)}
        patterns = kept.select(**named).group_by(list(named)).agg(count=lambda found: found.count())
        return [Pattern(**row) for row in _rows(backend, patterns)]

    return ask


def _bits(rules: Sequence[Rule], table: ir.Table) -> ir.IntegerValue:
    flags = [
        ibis.ifelse(compile_expression(rule, table).fill_null(False), 1 << place, 0).cast("int64")  # noqa: FBT003 -- the value that fills
        for place, rule in enumerate(rules)
    ]
    return reduce(lambda one, other: one + other, flags)


def _rows(backend: Backend, patterns: ir.Table) -> Sequence[Mapping[str, int]]:
    found: list[Mapping[str, int]] = backend.to_pyarrow(patterns).to_pylist()
    return found
