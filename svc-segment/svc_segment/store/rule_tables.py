"""Joins to the subscribers what the functions of rules measure, table by table, as Ibis; it must not run anything.

Whatever some rules ask of one table is one grouped aggregation of it, joined once: thirty windows cost little more
than one. It is the set-based twin of ``domain.rules.measuring``.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeVar

import ibis
from ibis.expr import types as ir

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.history import DAY_US, EPOCH, last_full_month, local_time, microseconds, months_back
from svc_segment.domain.rules.tree import HasTag, InSegment, Reference, Rule, leaves_of, subjects_of
from svc_segment.domain.rules.windows import (
    COUNTED,
    EventFunction,
    EventWindow,
    ListWindow,
    UsageFunction,
    UsageWindow,
)
from svc_segment.store.decimal_texts import computed_of, millionths_of
from svc_segment.store.list_tables import list_sides, lists_of

# What a rule asks of beside attributes; each becomes one column.
Asked = EventWindow | UsageWindow | ListWindow | InSegment | HasTag
EVENT_COLUMNS = {
    SUBSCRIBER_COLUMN: "uint32",
    "type": "string",
    "at_us": "int64",
    "attributes": "map<string, string>",
}
TAG_COLUMNS = {SUBSCRIBER_COLUMN: "uint32", "path": "string", "confidence": "float64"}
One = TypeVar("One", bound=Asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTables:
    """What an engine lays before a rule.

    ``subscribers`` has ``subscriber_id`` and a column an attribute; ``events`` the columns ``subscriber_id``, ``type``,
    ``at_us`` (microseconds since 1970) and ``attributes`` (a map of texts); ``usage`` a table a month with
    ``subscriber_id`` once and a column a measure; ``tags`` the columns ``subscriber_id``, ``path``, ``confidence`` of
    what holds as of the moment; each of ``segments`` the one column ``subscriber_id``; ``lists`` for each list a table
    a month of ``LIST_COLUMNS``. What the rules do not ask for need not be there.
    """

    subscribers: ir.Table
    as_of: datetime = EPOCH
    zone: tzinfo = UTC
    events: ir.Table = field(default_factory=lambda: ibis.table(EVENT_COLUMNS, name="no_events"))
    usage: Mapping[date, ir.Table] = field(default_factory=dict)
    tags: ir.Table = field(default_factory=lambda: ibis.table(TAG_COLUMNS, name="no_tags"))
    segments: Mapping[uuid.UUID, ir.Table] = field(default_factory=dict)
    lists: Mapping[uuid.UUID, Mapping[date, ir.Table]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleColumns:
    """A table with a row a subscriber, and the column of each thing asked that is no attribute."""

    table: ir.Table
    asked: Mapping[Asked, ir.Value]

    def __getitem__(self, what: Reference | Asked) -> ir.Value:
        """The values of an attribute or of a function."""
        return self.table[what.name] if isinstance(what, Reference) else self.asked[what]


def asked_by(rules: Iterable[Rule]) -> Sequence[Asked]:
    """What some rules ask beside attributes, each once and in their order."""
    found: dict[Asked, None] = {}
    for leaf in (leaf for rule in rules for leaf in leaves_of(rule)):
        if isinstance(leaf, InSegment | HasTag):
            found[leaf] = None
        found.update({one: None for one in subjects_of(leaf) if not isinstance(one, Reference)})
    return list(found)


def join_asked(asked: Sequence[Asked], tables: RuleTables) -> RuleColumns:
    """The subscribers with a column for each thing asked; nobody is lost and nobody comes twice."""
    names = _names(asked)
    joined = tables.subscribers
    for side in _sides(names, tables):
        key = f"_{SUBSCRIBER_COLUMN}_{len(joined.columns)}"
        joined = joined.left_join(side.rename({key: SUBSCRIBER_COLUMN}), [(SUBSCRIBER_COLUMN, key)])
    return _found(names, joined)


def measured_events(asked: Sequence[EventWindow], tables: RuleTables) -> RuleColumns:
    """The windows over events of those who have any event they look at, and of nobody else."""
    names = _names(asked)
    return _found(names, _events(names, tables))


def measured_usage(asked: Sequence[UsageWindow], tables: RuleTables) -> RuleColumns:
    """The windows over usage of those who are in any month they look at, and of nobody else."""
    names = _names(asked)
    return _found(names, _usage(names, tables))


def measured_rows(asked: Sequence[ListWindow], tables: RuleTables) -> RuleColumns:
    """The windows over the rows of one list of those who have any that they look at, and of nobody else."""
    names = _names(asked)
    return _found(names, list_sides(names, tables.lists[asked[0].segment_id], tables.subscribers))


def _names(asked: Sequence[One]) -> Mapping[One, str]:
    """The name of the column of each thing asked."""
    return {one: f"_asked_{index}" for index, one in enumerate(asked)}


def _found(names: Mapping[One, str], table: ir.Table) -> RuleColumns:
    return RuleColumns(table=table, asked={one: _without_nulls(one, table[name]) for one, name in names.items()})


def _without_nulls(one: Asked, column: ir.Value) -> ir.Value:
    """What is counted is 0 for those who have nothing to count; who is not in a segment or tag has no row there."""
    if isinstance(one, InSegment):
        return column.notnull()
    if isinstance(one, HasTag):
        return (column >= one.least_confidence).fill_null(False)  # noqa: FBT003 -- the value that fills
    return column.fill_null(0) if one.function in COUNTED else column


def _sides(names: Mapping[Asked, str], tables: RuleTables) -> Iterable[ir.Table]:
    events = {one: name for one, name in names.items() if isinstance(one, EventWindow)}
    usage = {one: name for one, name in names.items() if isinstance(one, UsageWindow)}
    tags = {one: name for one, name in names.items() if isinstance(one, HasTag)}
    if events:
        yield _events(events, tables)
    if usage:
        yield _usage(usage, tables)
    if tags:
        yield _tags(tags, tables)
    for windows in lists_of(one for one in names if isinstance(one, ListWindow)):
        of_list = {one: names[one] for one in windows}
        yield list_sides(of_list, tables.lists[windows[0].segment_id], tables.subscribers)
    for one, name in names.items():
        if isinstance(one, InSegment):
            members = tables.segments[one.segment_id]
            yield members.mutate(**{name: members[SUBSCRIBER_COLUMN]})


def _events(names: Mapping[EventWindow, str], tables: RuleTables) -> ir.Table:
    """One row for each subscriber with an event that some window may see."""
    events = tables.events
    longest = [one.days for one in names if one.days is not None]
    seen = events.type.isin(sorted({one.event for one in names})) & (events.at_us <= microseconds(tables.as_of))
    if len(longest) == len(names):
        seen &= events.at_us > _begin(tables.as_of, max(longest))
    events = events.filter(seen)
    return events.group_by(SUBSCRIBER_COLUMN).aggregate(
        **{name: _measured_events(one, events, tables) for one, name in names.items()}
    )


def _begin(as_of: datetime, days: int) -> int:
    return microseconds(as_of - timedelta(days=days))


def _measured_events(window: EventWindow, events: ir.Table, tables: RuleTables) -> ir.Value:
    within = events.type == window.event
    if window.days is not None:
        within &= events.at_us > _begin(tables.as_of, window.days)
    if window.only is not None:
        within &= events.attributes.get(window.only.attribute) == window.only.value
    match window.function:
        case EventFunction.COUNT:
            return events.count(where=within)
        case EventFunction.DAYS:
            return _local_day(events.at_us, window, tables).nunique(where=within)
        case EventFunction.DAYS_SINCE:
            return (microseconds(tables.as_of) - events.at_us.max(where=within)) // DAY_US
        case _:
            return computed_of(window.function, millionths_of(events.attributes.get(window.attribute)), within)


def _local_day(at_us: ir.IntegerColumn, window: EventWindow, tables: RuleTables) -> ir.IntegerColumn:
    """The day where the operator is; the clocks' changes are in the expression, so that engines need no zones."""
    clocks = local_time(tables.zone, tables.as_of - timedelta(days=window.days or 0), tables.as_of)
    ahead: ir.Value = ibis.literal(clocks.ahead[0], type="int64")
    for since, offset in zip(clocks.since[1:], clocks.ahead[1:], strict=True):
        ahead = ibis.ifelse(at_us >= since, offset, ahead)
    return (at_us + ahead) // DAY_US


def _usage(names: Mapping[UsageWindow, str], tables: RuleTables) -> ir.Table:
    """One row for each subscriber in a month that some window may see."""
    last = last_full_month(tables.usage, tables.as_of, tables.zone)
    wanted = months_back(last, max(one.months for one in names)) if last else ()
    measures = sorted({one.measure for one in names})
    months = [
        _month(index, tables.usage[month], measures) for index, month in enumerate(wanted) if month in tables.usage
    ]
    if not months:
        nothing = tables.subscribers.limit(0).select(SUBSCRIBER_COLUMN)
        return nothing.mutate(
            **{name: ibis.null("int64" if one.function in COUNTED else "float64") for one, name in names.items()}
        )
    union = ibis.union(*months) if len(months) > 1 else months[0]
    # A subscriber is in a month once, so the greatest value is the value.
    values = {
        f"{measure}_{index}": union[measure].max(where=union["_month"] == index)
        for measure in measures
        for index in range(len(wanted))
    }
    wide = union.group_by(SUBSCRIBER_COLUMN).aggregate(**values)
    return wide.select(
        SUBSCRIBER_COLUMN,
        **{
            name: _of_months(
                one.function, [wide[f"{one.measure}_{index}"] for index in range(len(wanted) - one.months, len(wanted))]
            )
            for one, name in names.items()
        },
    )


def _month(index: int, month: ir.Table, measures: Sequence[str]) -> ir.Table:
    """A month's measures as doubles; one that the file does not have is null."""
    columns = {
        measure: month[measure].cast("float64") if measure in month.columns else ibis.null("float64")
        for measure in measures
    }
    return month.select(SUBSCRIBER_COLUMN, _month=ibis.literal(index, type="int32"), **columns)


def _of_months(function: UsageFunction, values: Sequence[ir.FloatingColumn]) -> ir.Value:
    """Added from the oldest month to the newest, since doubles added in another order are other doubles."""
    months = _added([value.notnull().cast("int64") for value in values])
    total = _added([value.fill_null(0.0) for value in values])
    match function:
        case UsageFunction.MONTHS:
            return _added([(value > 0).fill_null(False).cast("int64") for value in values])  # noqa: FBT003 -- fills
        case UsageFunction.LEAST:
            return ibis.least(*values) if len(values) > 1 else values[0]
        case UsageFunction.GREATEST:
            return ibis.greatest(*values) if len(values) > 1 else values[0]
        case UsageFunction.AVERAGE:
            return ibis.cases((months > 0, total / months.cast("float64")))
        case _:
            return ibis.cases((months > 0, total))


def _added(values: Sequence[ir.Value]) -> ir.Value:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _tags(names: Mapping[HasTag, str], tables: RuleTables) -> ir.Table:
    """One row for each subscriber with one of the tags, with the surest of each tag and those beneath it."""
    tags = tables.tags
    carried = {one: (tags.path == one.path) | tags.path.startswith(f"{one.path}/") for one in names}
    return tags.group_by(SUBSCRIBER_COLUMN).aggregate(
        **{name: tags.confidence.max(where=carried[one]) for one, name in names.items()}
    )
