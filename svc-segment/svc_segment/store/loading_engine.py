"""Gives an engine that lives only as long as one load; it must not be shared between threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from svc_segment.store.engine import EngineLimits


@contextmanager
def loading_engine(limits: EngineLimits, work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine within the limits that writes what is beyond them into ``work``."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{limits.memory_mb}MB",
            "threads": limits.threads,
            "temp_directory": str(work / "spill"),
            "autoinstall_known_extensions": False,
        }
    )
    try:
        # A bar belongs to a person at a terminal, not to a service's log.
        connection.execute("SET enable_progress_bar = false")
        # Times that Parquet holds without a zone are UTC.
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
