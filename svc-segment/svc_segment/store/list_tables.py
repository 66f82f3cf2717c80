"""Measures windows over the rows of lists for everyone, as Ibis; it must not run anything.

It is the set-based twin of what ``domain.rules.measuring`` says of lists: a list is one grouped aggregation of its months.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import ibis
from ibis.expr import types as ir

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.history import months_back
from svc_segment.domain.rules.windows import COUNTED, OF_COLUMN, ListFunction, ListWindow
from svc_segment.store.decimal_texts import computed_of, millionths_of

MONTH = "_month"
# A month of a list: any number of rows a subscriber.
LIST_COLUMNS = {SUBSCRIBER_COLUMN: "uint32", "columns": "map<string, string>"}


def list_sides(names: Mapping[ListWindow, str], months: Mapping[date, ir.Table], subscribers: ir.Table) -> ir.Table:
    """One row for each subscriber in a month of one list that some window may see; ``months`` by their first days."""
    newest = max(months, default=None)
    wanted = months_back(newest, max(one.months for one in names)) if newest else ()
    tables = [_month(place, months[month]) for place, month in enumerate(wanted) if month in months]
    if not tables:
        return _nobody(names, subscribers)
    rows = ibis.union(*tables) if len(tables) > 1 else tables[0]
    return rows.group_by(SUBSCRIBER_COLUMN).aggregate(
        **{name: _measured(one, rows, first=len(wanted) - one.months) for one, name in names.items()}
    )


def lists_of(windows: Iterable[ListWindow]) -> list[list[ListWindow]]:
    """The windows list by list, in their order."""
    found: dict[object, list[ListWindow]] = {}
    for one in windows:
        found.setdefault(one.segment_id, []).append(one)
    return list(found.values())


def _nobody(names: Mapping[ListWindow, str], subscribers: ir.Table) -> ir.Table:
    nothing = subscribers.limit(0).select(SUBSCRIBER_COLUMN)
    types = {name: "int64" if one.function in COUNTED else "float64" for one, name in names.items()}
    return nothing.mutate(**{name: ibis.null(kind) for name, kind in types.items()})


def _month(place: int, month: ir.Table) -> ir.Table:
    return month.select(*LIST_COLUMNS, **{MONTH: ibis.literal(place, type="int32")})


def _measured(window: ListWindow, rows: ir.Table, *, first: int) -> ir.Value:
    within = rows[MONTH] >= first
    if window.only is not None:
        within &= rows["columns"].get(window.only.attribute) == window.only.value
    match window.function:
        case ListFunction.COUNT:
            return rows.count(where=within)
        case ListFunction.MONTHS:
            return rows[MONTH].nunique(where=within)
        case _:
            return computed_of(OF_COLUMN[window.function], millionths_of(rows["columns"].get(window.column)), within)
