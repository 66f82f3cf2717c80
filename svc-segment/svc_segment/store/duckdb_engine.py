"""Answers rules with DuckDB by the masks of their conditions; it must give what any other engine gives.

A condition on attributes is asked once a version of the subscribers and kept as a bit a subscriber: of the values of
its column where those are at hand, of the file otherwise. One that compares a window over events or usage is measured
by arrays; any other that looks back is asked of those who have a past alone, since for all others it has one and the
same answer.
"""

import asyncio
import uuid
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

import numpy as np
from ibis.expr import types as ir
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.history import NO_HISTORY, History, last_full_month, months_back
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.tree import InSegment, Not, Rule
from svc_segment.domain.rules.windows import EventWindow, ListWindow, UsageWindow
from svc_segment.domain.segment import Base
from svc_segment.store.base_rows import BaseRows
from svc_segment.store.bounded_cache import BoundedCache
from svc_segment.store.coded_columns import CodedColumns
from svc_segment.store.condition_kinds import LIST, kind_of
from svc_segment.store.condition_masks import (
    Mask,
    Polar,
    conditions_of,
    count_mask,
    join_masks,
    packed_mask,
    to_mask,
)
from svc_segment.store.duckdb_session import DuckDbHome
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.event_masks import EventMasks
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.mask_members import members_of_mask
from svc_segment.store.rule_expression import compile_certain
from svc_segment.store.rule_tables import (
    RuleColumns,
    asked_by,
    join_asked,
    measured_events,
    measured_rows,
    measured_usage,
)
from svc_segment.store.session import Session
from svc_segment.store.surroundings import NOTHING, Surroundings
from svc_segment.store.usage_masks import UsageMasks

# People who are answered at the same time, as many as there are editors; more wait a fraction of a second.
AT_ONCE = 4
# Conditions asked in one scan: their answers of 12 million subscribers are 24 MB.
CONDITIONS_PER_SCAN = 16
# A rule of more conditions than this is asked as one question: its masks would push out everybody else's.
MOST_MASKS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """What answers without the engine: attributes as codes, events and months of usage as arrays."""

    columns: CodedColumns
    events: EventMasks
    usage: UsageMasks


class DuckDbEngine(Engine):
    """DuckDB in this process; at 12 million subscribers ``cache_mb`` holds a mask in 1.5 MB."""

    def __init__(
        self, folder: DataFolder, limits: EngineLimits, arrays: Arrays, *, zone: tzinfo, cache_mb: int
    ) -> None:
        super().__init__(DuckDbHome(folder, limits, zone).open, at_once=AT_ONCE)
        self._zone = zone
        self._masks: BoundedCache[Mask] = BoundedCache(cache_mb * 2**20)
        self._columns = arrays.columns
        self._events = arrays.events
        self._usage = arrays.usage
        self._rows: tuple[BaseRows, ...] = ()

    async def count(self, base: Base, rule: Rule, around: Surroundings = NOTHING) -> int:
        """How many subscribers fit a rule, exactly."""
        if not _by_masks(rule):
            return await super().count(base, rule, around)
        return await self.run(lambda session: count_mask(self._mask(session, base, rule, around)))

    async def members_of(self, base: Base, rules: Sequence[Rule], around: Surroundings = NOTHING) -> list[BitMap]:
        """Who fits each of some rules, exactly, in their order."""
        if not all(_by_masks(rule) for rule in rules):
            return await super().members_of(base, rules, around)

        def ask(session: Session) -> list[BitMap]:
            return [self._members(session, base, rule, around) for rule in rules]

        return await self.run(ask)

    async def prepare(self, file: str) -> None:
        """Has a version that is about to be current at hand, so that its first question is answered at once."""
        await asyncio.to_thread(self._columns.prepare, file)
        await asyncio.to_thread(self._rows_of, file)

    async def prepare_events(self, files: Collection[str]) -> None:
        """Writes events as the arrays by which windows are measured."""
        await asyncio.to_thread(self._events.prepare, files)

    async def prepare_usage(self, file: str) -> None:
        """Writes a month as the arrays by which windows are measured."""
        await asyncio.to_thread(self._usage.prepare, file)

    async def close(self) -> None:
        """Lets the threads end and the engine go."""
        await asyncio.to_thread(self._columns.close)
        await super().close()

    def _members(self, session: Session, base: Base, rule: Rule, around: Surroundings) -> BitMap:
        mask = self._mask(session, base, rule, around)
        return members_of_mask(mask, self._rows_of(base.file).ids)

    def _mask(self, session: Session, base: Base, rule: Rule, around: Surroundings) -> Mask:
        rows = self._rows_of(base.file)
        masks: dict[Polar, Mask] = {}
        missing: list[Polar] = []
        for polar in dict.fromkeys(conditions_of(rule)):
            key = self._key(rows, polar, around)
            found = self._masks.get(key) if key is not None else None
            if found is not None:
                masks[polar] = found
            else:
                missing.append(polar)
        for polar, mask in self._asked(session, base, rows, missing, around).items():
            masks[polar] = mask
            key = self._key(rows, polar, around)
            if key is not None:
                self._masks.put(key, mask)
        return join_masks(rule, masks, rows.everyone)

    def _rows_of(self, file: str) -> BaseRows:
        """The rows of a version; two threads may both read them once, which does no harm."""
        for rows in self._rows:
            if rows.file == file:
                return rows
        ids = self._columns.ids(file)
        if not (ids[:-1] < ids[1:]).all():
            raise ValueError(f"{file} is not sorted by {SUBSCRIBER_COLUMN}")
        rows = BaseRows(file=file, ids=ids, everyone=to_mask(np.ones(len(ids), np.bool_)))
        self._rows = (*self._rows[-1:], rows)
        return rows

    def _asked(
        self, session: Session, base: Base, rows: BaseRows, polars: Sequence[Polar], around: Surroundings
    ) -> Mapping[Polar, Mask]:
        """The masks of conditions that are not at hand, by the way that is quickest for each kind."""
        kinds: dict[str, list[Polar]] = {}
        found: dict[Polar, Mask] = {}
        for polar in polars:
            kind = kind_of(polar[0])
            mask = self._by_arrays(kind, rows, polar, around)
            if mask is not None:
                found[polar] = mask
            else:
                kinds.setdefault(kind, []).append(polar)
        for kind, some in kinds.items():
            for start in range(0, len(some), CONDITIONS_PER_SCAN):
                batch = some[start : start + CONDITIONS_PER_SCAN]
                found.update(self._asked_of(kind, session, base, rows, batch, around))
        return found

    def _by_arrays(self, kind: str, rows: BaseRows, polar: Polar, around: Surroundings) -> Mask | None:
        """A mask for which the engine need not be asked; None where it must be."""
        if kind == "attributes":
            leaf, truth = polar
            column = self._columns.find(rows.file, leaf)
            return column.mask(leaf, truth=truth) if column is not None else None
        if kind == "events" and around.history is not None:
            return self._events.find(rows, polar, around.history)
        if kind == "usage" and around.history is not None:
            return self._usage.find(rows, polar, [file for file in self._months(polar, around.history) if file])
        return None

    def _months(self, polar: Polar, history: HistoryFiles) -> tuple[Path | None, ...]:
        """The files of the months of usage that a condition sees, the oldest first; None for one that is not there."""
        last = last_full_month(history.usage, history.as_of, self._zone)
        wanted = months_back(last, rule_needs(polar[0]).months) if last else ()
        return tuple(history.usage.get(month) for month in wanted)

    def _asked_of(
        self,
        kind: str,
        session: Session,
        base: Base,
        rows: BaseRows,
        polars: Sequence[Polar],
        around: Surroundings,
    ) -> Mapping[Polar, Mask]:
        if kind == "segments":
            return {polar: _membership_mask(polar, rows, around) for polar in polars}
        rules = [leaf for leaf, _ in polars]
        tables = session.lay(base, rules, around)
        match kind:
            case "attributes":
                return _answers_in_order(session, rows, polars, RuleColumns(table=tables.subscribers, asked={}))
            case "events":
                windows = [one for one in asked_by(rules) if isinstance(one, EventWindow)]
                return self._answers_by_id(session, rows, polars, measured_events(windows, tables), around)
            case "usage":
                months = [one for one in asked_by(rules) if isinstance(one, UsageWindow)]
                return self._answers_by_id(session, rows, polars, measured_usage(months, tables), around)
            case _ if kind.startswith(LIST):
                of_list = [one for one in asked_by(rules) if isinstance(one, ListWindow)]
                return self._answers_by_id(session, rows, polars, measured_rows(of_list, tables), around)
            case _:
                return self._answers_by_id(session, rows, polars, join_asked(asked_by(rules), tables), around)

    def _answers_by_id(
        self,
        session: Session,
        rows: BaseRows,
        polars: Sequence[Polar],
        columns: RuleColumns,
        around: Surroundings,
    ) -> Mapping[Polar, Mask]:
        """Masks from answers about some subscribers, in any order; the others have no past."""
        names = {f"_{index}": _certain(polar, columns) for index, polar in enumerate(polars)}
        answers = session.backend.to_pyarrow(columns.table.select(SUBSCRIBER_COLUMN, **names))
        places, living = rows.places(answers[SUBSCRIBER_COLUMN].to_numpy())
        masks = {}
        for name, polar in zip(names, polars, strict=True):
            flags = np.full(len(rows.ids), self._without_past(polar, around), np.bool_)
            flags[places[living]] = answers[name].to_numpy()[living]
            masks[polar] = to_mask(flags)
        return masks

    def _key(self, rows: BaseRows, polar: Polar, around: Surroundings) -> Hashable | None:
        """What a mask rests on; None for one that the next event or minute may change."""
        kind = kind_of(polar[0])
        if kind == "attributes":
            return rows.file, polar
        if kind.startswith(LIST):
            return rows.file, polar, tuple(sorted(around.lists.get(uuid.UUID(kind.removeprefix(LIST)), {}).values()))
        if kind != "usage" or around.history is None:
            return None
        return rows.file, polar, self._months(polar, around.history)

    def _without_past(self, polar: Polar, around: Surroundings) -> bool:
        """The answer for a subscriber of whom no event and no month is known, and no attribute is asked."""
        nothing = NO_HISTORY
        if around.history is not None:
            as_of = around.history.as_of
            last_month = last_full_month(around.history.usage, as_of, self._zone)
            nothing = History(as_of=as_of, zone=self._zone, last_month=last_month)
        leaf, truth = polar
        return compile_closure(leaf)({}, nothing) is truth


def _by_masks(rule: Rule) -> bool:
    return len(set(conditions_of(rule))) <= MOST_MASKS


def _certain(polar: Polar, columns: RuleColumns) -> ir.BooleanValue:
    leaf, truth = polar
    return compile_certain(leaf if truth else Not(operand=leaf), columns)


def _answers_in_order(
    session: Session, rows: BaseRows, polars: Sequence[Polar], columns: RuleColumns
) -> Mapping[Polar, Mask]:
    """Masks from one scan of the file, whose order the engine keeps."""
    names = {f"_{index}": _certain(polar, columns) for index, polar in enumerate(polars)}
    answers = session.backend.to_pyarrow(columns.table.select(**names))
    return {polar: packed_mask(answers[name], rows.everyone) for name, polar in zip(names, polars, strict=True)}


def _membership_mask(polar: Polar, rows: BaseRows, around: Surroundings) -> Mask:
    leaf, truth = polar
    if not isinstance(leaf, InSegment):
        raise TypeError(f"no condition on a segment: {leaf!r}")
    members = np.asarray(around.memberships[leaf.segment_id].to_array(), dtype=np.uint32)
    flags = np.isin(rows.ids, members, assume_unique=True)
    return to_mask(flags if truth else ~flags)
