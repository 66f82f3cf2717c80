"""Words questions that read the subscribers once for many rules; it must not decide what the answers mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

import ibis
import numpy as np
from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.grid import Pattern
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Base
from svc_segment.store.rule_expression import compile_certain, compile_expression
from svc_segment.store.rule_tables import RuleColumns, asked_by, join_asked
from svc_segment.store.session import Session
from svc_segment.store.surroundings import Surroundings

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


def fitting_among(
    base: Base, rules: Sequence[Rule], around: Surroundings, subscriber_ids: Sequence[int]
) -> Callable[[Session], list[BitMap]]:
    """Who of some subscribers fits each of the rules, in their order; of all tables only these subscribers are read."""

    def ask(session: Session) -> list[BitMap]:
        wanted = session.ids(np.asarray(subscriber_ids, dtype=np.uint32))

        def among(table: ir.Table) -> ir.Table:
            return table.semi_join(wanted, SUBSCRIBER_COLUMN)

        tables = session.lay(base, rules, around)
        narrowed = replace(
            tables,
            subscribers=among(tables.subscribers),
            events=among(tables.events) if rule_needs(*rules).event_types else tables.events,
            usage={month: among(table) for month, table in tables.usage.items()},
            lists={
                one: {month: among(table) for month, table in months.items()} for one, months in tables.lists.items()
            },
        )
        asked = join_asked(asked_by(rules), narrowed)
        names = {f"fits_{place}": compile_certain(rule, asked) for place, rule in enumerate(rules)}
        found = session.backend.to_pyarrow(asked.table.select(SUBSCRIBER_COLUMN, **names))
        ids = found[SUBSCRIBER_COLUMN].to_numpy()
        return [BitMap(ids[found[name].to_numpy()].astype(np.uint32)) for name in names]

    return ask


def _bits(rules: Sequence[Rule], asked: RuleColumns) -> ir.IntegerValue:
    flags = [ibis.ifelse(compile_certain(rule, asked), 1 << place, 0).cast("int64") for place, rule in enumerate(rules)]
    return reduce(lambda one, other: one + other, flags)


def _rows(backend: SQLBackend, patterns: ir.Table) -> Sequence[Mapping[str, int]]:
    found: list[Mapping[str, int]] = backend.to_pyarrow(patterns).to_pylist()
    return found
