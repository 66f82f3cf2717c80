"""Lays files and bitmaps before DuckDB's Ibis backend, for one thread; it must not apply rules."""

import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta, tzinfo
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pyarrow as pa
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.history import last_full_month, months_back
from svc_segment.domain.rules.needs import RuleNeeds, rule_needs
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Base
from svc_segment.store.engine import EngineLimits, Session
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.rule_tables import EVENT_COLUMNS, TAG_COLUMNS, RuleTables
from svc_segment.store.surroundings import Surroundings

# The ids of the chunk being asked for.
WANTED = "wanted"
EVENTS = f'{SUBSCRIBER_COLUMN}, type, epoch_us("at") AS at_us, attributes'
DAY_LENGTH = len("2011-03-31")


class DuckDbHome:
    """The one DuckDB of this process, of which each session has a connection."""

    def __init__(self, folder: DataFolder, limits: EngineLimits, zone: tzinfo) -> None:
        self._folder = folder
        self._limits = limits
        self._zone = zone
        self._root: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def open(self) -> "DuckDbSession":
        """A session for the calling thread; the first one starts the engine."""
        with self._lock:
            if self._root is None:
                self._root = self._start()
            return DuckDbSession(self._root.cursor(), self._folder, self._zone)

    def _start(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(
            config={
                "memory_limit": f"{self._limits.memory_mb}MB",
                "threads": self._limits.threads,
                "temp_directory": str(self._limits.spill),
                # Everything needed is built in; nothing may be fetched.
                "autoinstall_known_extensions": False,
                # A file never changes once it is published, so what its footer says need not be read again.
                "parquet_metadata_cache": True,
            }
        )


class DuckDbSession(Session):
    """One connection with the tables laid before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: DataFolder, zone: tzinfo) -> None:
        self.connection = connection
        # A bar belongs to a person at a terminal, not to a service's log.
        connection.execute("SET enable_progress_bar = false")
        self.backend = ibis.duckdb.from_connection(connection)
        self._folder = folder
        self._zone = zone
        self._bases: dict[str, ir.Table] = {}

    def subscribers(self, base: Base) -> ir.Table:
        """The table of one version; versions before the last two are let go, as their files are."""
        if base.file not in self._bases:
            table = self._view(f"base_{base.version}", self._folder.base(base.file))
            self._bases = {**dict(list(self._bases.items())[-1:]), base.file: table}
        return self._bases[base.file]

    def lay(self, base: Base, rules: Sequence[Rule], around: Surroundings) -> RuleTables:
        """The tables that some rules ask for, valid until the next are laid."""
        needs = rule_needs(*rules)
        tables = RuleTables(
            subscribers=self.subscribers(base),
            zone=self._zone,
            segments={one: self._members(one, around.memberships[one]) for one in needs.segments},
        )
        if needs.tags:
            tables = replace(tables, tags=self._tags(around.tags))
        if not needs.history:
            return tables
        if around.history is None:
            raise ValueError("a rule looks back, but no history was gathered for it")
        tables = replace(tables, as_of=around.history.as_of)
        if needs.event_types:
            tables = replace(tables, events=self._events(needs, around.history))
        return replace(tables, usage=self._usage(needs, around.history)) if needs.measures else tables

    def ids(self, ids: NDArray[np.uint32]) -> ir.Table:
        """A table of these ``subscriber_id``, valid until the next one."""
        return self._registered(WANTED, ids)

    def close(self) -> None:
        """Lets the connection go; the engine goes with the last one."""
        self.connection.close()

    def _view(self, name: str, file: Path) -> ir.Table:
        return self.backend.read_parquet(file, table_name=name)

    def _events(self, needs: RuleNeeds, history: HistoryFiles) -> ir.Table:
        """The files of the days that a window may see, and what is in no file yet."""
        self.connection.register("recent_events", history.recent)
        query = f"SELECT {EVENTS} FROM recent_events"  # noqa: S608 -- our own names
        begun = (history.as_of - timedelta(days=needs.days)).date() if needs.days is not None else date.min
        files = [file for file in history.events if _day(file) >= begun]
        if files:
            listed = ", ".join(f"'{_escaped(file)}'" for file in files)
            query = f"{query} UNION ALL SELECT {EVENTS} FROM read_parquet([{listed}])"  # noqa: S608 -- our own names
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW events AS {query}")
        return ibis.table(EVENT_COLUMNS, name="events")

    def _usage(self, needs: RuleNeeds, history: HistoryFiles) -> dict[date, ir.Table]:
        last = last_full_month(history.usage, history.as_of, self._zone)
        wanted = months_back(last, needs.months) if last else ()
        return {
            month: self._view(f"usage_{month:%Y_%m}", history.usage[month])
            for month in wanted
            if month in history.usage
        }

    def _tags(self, file: Path | None) -> ir.Table:
        if file is not None:
            return self._view("tags", file)
        nothing = ibis.Schema(TAG_COLUMNS).to_pyarrow().empty_table()
        self.connection.register("tags", nothing)
        return ibis.table(TAG_COLUMNS, name="tags")

    def _members(self, segment_id: uuid.UUID, members: BitMap) -> ir.Table:
        return self._registered(f"members_{segment_id.hex}", np.asarray(members.to_array(), dtype=np.uint32))

    def _registered(self, name: str, ids: NDArray[np.uint32]) -> ir.Table:
        # Registered by hand under one name: the engine's own temporary tables end whenever memory is collected, in
        # whatever thread that happens.
        self.connection.register(name, pa.table({SUBSCRIBER_COLUMN: ids}))
        return ibis.table({SUBSCRIBER_COLUMN: "uint32"}, name=name)


def _day(file: Path) -> date:
    """The UTC day of a file's events, with which its name begins; a file of another name is always looked into."""
    try:
        return date.fromisoformat(file.name[:DAY_LENGTH])
    except ValueError:
        return date.max


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
