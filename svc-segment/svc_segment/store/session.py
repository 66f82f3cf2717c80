"""Lays files and bitmaps before one thread's connection to an engine, table by table; it must not apply rules."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta, tzinfo
from pathlib import Path

import numpy as np
from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.rules.history import last_full_month, months_back
from svc_segment.domain.rules.needs import RuleNeeds, rule_needs
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.rules.windows import ListWindow
from svc_segment.domain.segment import Base
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.rule_tables import RuleTables, asked_by
from svc_segment.store.surroundings import Surroundings

# The ids of the chunk being asked for.
WANTED = "wanted"
DAY_LENGTH = len("2011-03-31")


class Session(ABC):
    """What one thread holds of an engine; each engine has its own way to see a file. Blocking."""

    def __init__(self, backend: SQLBackend, folder: DataFolder, zone: tzinfo) -> None:
        self.backend = backend
        self._folder = folder
        self._zone = zone
        self._bases: dict[str, ir.Table] = {}

    @abstractmethod
    def close(self) -> None:
        """Lets the engine go."""

    @abstractmethod
    def _file(self, name: str, file: Path) -> ir.Table:
        """A Parquet file as a table."""

    @abstractmethod
    def _events(self, files: Sequence[Path], history: HistoryFiles) -> ir.Table:
        """The events of some files and those of no file yet."""

    @abstractmethod
    def _registered(self, name: str, ids: NDArray[np.uint32]) -> ir.Table:
        """A table of these ``subscriber_id``."""

    @abstractmethod
    def _no_tags(self) -> ir.Table:
        """The tags when nobody has any."""

    def subscribers(self, base: Base) -> ir.Table:
        """The table of one version; versions before the last two are let go, as their files are."""
        if base.file not in self._bases:
            table = self._file(f"base_{base.version}", self._folder.base(base.file))
            self._bases = {**dict(list(self._bases.items())[-1:]), base.file: table}
        return self._bases[base.file]

    def lay(self, base: Base, rules: Sequence[Rule], around: Surroundings) -> RuleTables:
        """The tables that some rules ask for, valid until the next are laid."""
        needs = rule_needs(*rules)
        tables = RuleTables(
            subscribers=self.subscribers(base),
            zone=self._zone,
            segments={one: self._members(place, around.memberships[one]) for place, one in enumerate(needs.segments)},
        )
        if needs.tags:
            tags = self._no_tags() if around.tags is None else self._file("tags", around.tags)
            tables = replace(tables, tags=tags)
        tables = replace(tables, lists=self._lists(rules, around))
        if not needs.history:
            return tables
        if around.history is None:
            raise ValueError("a rule looks back, but no history was gathered for it")
        tables = replace(tables, as_of=around.history.as_of)
        if needs.event_types:
            files = _files_within(needs, around.history)
            tables = replace(tables, events=self._events(files, around.history))
        return replace(tables, usage=self._usage(needs, around.history)) if needs.measures else tables

    def ids(self, ids: NDArray[np.uint32]) -> ir.Table:
        """A table of these ``subscriber_id``, valid until the next one."""
        return self._registered(WANTED, ids)

    def _usage(self, needs: RuleNeeds, history: HistoryFiles) -> Mapping[date, ir.Table]:
        last = last_full_month(history.usage, history.as_of, self._zone)
        wanted = months_back(last, needs.months) if last else ()
        return {
            month: self._file(f"usage_{month:%Y_%m}", history.usage[month])
            for month in wanted
            if month in history.usage
        }

    def _lists(self, rules: Sequence[Rule], around: Surroundings) -> Mapping[uuid.UUID, Mapping[date, ir.Table]]:
        laid = {}
        for place, (segment_id, months) in enumerate(_longest(rules).items()):
            files = around.lists.get(segment_id, {})
            wanted = months_back(max(files), months) if files else ()
            laid[segment_id] = {
                month: self._file(f"list_{place}_{month:%Y_%m}", files[month]) for month in wanted if month in files
            }
        return laid

    def _members(self, place: int, members: BitMap) -> ir.Table:
        # By place, so that the members of the question before are let go and not kept for every segment ever named.
        return self._registered(f"members_{place}", np.asarray(members.to_array(), dtype=np.uint32))


def _longest(rules: Sequence[Rule]) -> Mapping[uuid.UUID, int]:
    """How many months back the rules look at each list."""
    longest: dict[uuid.UUID, int] = {}
    for window in (one for one in asked_by(rules) if isinstance(one, ListWindow)):
        longest[window.segment_id] = max(window.months, longest.get(window.segment_id, 0))
    return longest


def _files_within(needs: RuleNeeds, history: HistoryFiles) -> Sequence[Path]:
    """The files of the days that a window may see."""
    if needs.days is None:
        return history.events
    begun = (history.as_of - timedelta(days=needs.days)).date()
    return [file for file in history.events if _day(file) >= begun]


def _day(file: Path) -> date:
    """The UTC day of a file's events, with which its name begins; a file of another name is always looked into."""
    try:
        return date.fromisoformat(file.name[:DAY_LENGTH])
    except ValueError:
        return date.max
