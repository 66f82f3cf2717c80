"""Words questions that read the subscribers once for many rules; it must not decide what the answers mean."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import ibis
from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir

from svc_segment.domain.grid import Pattern
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.rule_expression import compile_expression
from svc_segment.store.rule_tables import RuleColumns

GridQuestion = Callable[[SQLBackend, RuleColumns], Sequence[Pattern]]


def patterns_of(keep: Rule, rows: Sequence[Rule], columns: Sequence[Rule]) -> GridQuestion:
    """How many of those who fit ``keep`` fit which rows and columns, as bits; unknown does not fit.

    One scan groups by two numbers, so that a grid costs about what its predicates cost, however many cells it has.
    """

    def ask(backend: SQLBackend, asked: RuleColumns) -> Sequence[Pattern]:
        named = {"rows": _bits(rows, asked), "columns": _bits(columns, asked)}
        kept = asked.table.select(**named, kept=compile_expression(keep, asked))
        patterns = kept.filter(kept["kept"]).drop("kept").group_by(list(named)).agg(count=lambda found: found.count())
        return [Pattern(**row) for row in _rows(backend, patterns)]

    return ask


def _bits(rules: Sequence[Rule], asked: RuleColumns) -> ir.IntegerValue:
    flags = [
        ibis.ifelse(compile_expression(rule, asked).fill_null(False), 1 << place, 0).cast("int64")  # noqa: FBT003 -- the value that fills
        for place, rule in enumerate(rules)
    ]
    return reduce(lambda one, other: one + other, flags)


def _rows(backend: SQLBackend, patterns: ir.Table) -> Sequence[Mapping[str, int]]:
    found: list[Mapping[str, int]] = backend.to_pyarrow(patterns).to_pylist()
    return found
