"""Opens sessions of the DuckDB in this process; it must not apply rules."""

import threading
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pyarrow as pa
from ibis.expr import types as ir
from numpy.typing import NDArray

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.store.engine import EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.rule_tables import EVENT_COLUMNS, TAG_COLUMNS
from svc_segment.store.session import Session

EVENTS = f'{SUBSCRIBER_COLUMN}, type, epoch_us("at") AS at_us, attributes'


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
        # A bar belongs to a person at a terminal, not to a service's log.
        connection.execute("SET enable_progress_bar = false")
        super().__init__(ibis.duckdb.from_connection(connection), folder, zone)
        self._connection = connection

    def close(self) -> None:
        """Lets the connection go; the engine goes with the last one."""
        self._connection.close()

    def _file(self, name: str, file: Path) -> ir.Table:
        return self.backend.read_parquet(file, table_name=name)

    def _events(self, files: Sequence[Path], history: HistoryFiles) -> ir.Table:
        self._connection.register("recent_events", history.recent)
        query = f"SELECT {EVENTS} FROM recent_events"  # noqa: S608 -- our own names
        if files:
            listed = ", ".join(f"'{_escaped(file)}'" for file in files)
            query = f"{query} UNION ALL SELECT {EVENTS} FROM read_parquet([{listed}])"  # noqa: S608 -- our own names
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW events AS {query}")
        return ibis.table(EVENT_COLUMNS, name="events")

    def _no_tags(self) -> ir.Table:
        self._connection.register("tags", ibis.Schema(TAG_COLUMNS).to_pyarrow().empty_table())
        return ibis.table(TAG_COLUMNS, name="tags")

    def _registered(self, name: str, ids: NDArray[np.uint32]) -> ir.Table:
        # Registered by hand under one name: the engine's own temporary tables end whenever memory is collected, in
        # whatever thread that happens.
        self._connection.register(name, pa.table({SUBSCRIBER_COLUMN: ids}))
        return ibis.table({SUBSCRIBER_COLUMN: "uint32"}, name=name)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
