"""Asks questions of the subscribers through Ibis, away from the event loop; it must not change them.

One thread holds the one connection; DuckDB itself uses several threads for a question. A long stream asks in
chunks and leaves the thread between them, so that a preview never waits for a whole stream.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import ibis
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Value
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import MEMBERS_PER_BATCH, Base
from svc_segment.store.folders import DataFolder
from svc_segment.store.rule_expression import compile_expression

# Members joined at once: some ten messages; a question costs milliseconds, so fewer would be dear.
MEMBERS_PER_CHUNK = 10 * MEMBERS_PER_BATCH

# The ids of the chunk being asked for.
WANTED = "wanted"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """What the engine may take of the machine; beyond its memory it writes to ``spill``."""

    memory_mb: int
    threads: int
    spill: Path


class Engine:
    """The engine behind Ibis: DuckDB in this process, over the Parquet file of the current version."""

    def __init__(self, folder: DataFolder, limits: EngineLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._backend: Backend | None = None
        self._tables: dict[str, ir.Table] = {}

    async def count(self, base: Base, rule: Rule) -> int:
        """How many subscribers fit a rule, exactly."""

        def ask() -> int:
            table = self._table(base)
            counted = table.filter(compile_expression(rule, table)).count()
            return int(self._connected().to_pyarrow(counted).as_py())

        return await self._run(ask)

    async def members(self, base: Base, rule: Rule) -> BitMap:
        """Who fits a rule, exactly."""

        def ask() -> BitMap:
            table = self._table(base)
            found = table.filter(compile_expression(rule, table)).select(SUBSCRIBER_COLUMN)
            # Four bytes a subscriber: even twelve million ids are a small table.
            ids = self._connected().to_pyarrow(found)[SUBSCRIBER_COLUMN]
            members = BitMap(ids.to_numpy())
            members.run_optimize()
            return members

        return await self._run(ask)

    async def stream_members(self, base: Base, members: BitMap, attributes: Sequence[str]) -> AsyncIterator[bytes]:
        """Arrow IPC streams of at most 5,000 rows by rising ``subscriber_id`` (uint32), then the attributes."""
        ids = np.asarray(members.to_array(), dtype=np.uint32)
        for start in range(0, len(ids), MEMBERS_PER_CHUNK):
            chunk = ids[start : start + MEMBERS_PER_CHUNK]
            for message in await self._run(lambda chunk=chunk: self._messages(base, chunk, attributes)):  # type: ignore[misc]  # a lambda's default has no type
                yield message

    async def attributes_of(self, base: Base, subscriber_id: int) -> Mapping[str, Value | None] | None:
        """What is known of one subscriber; None for one that no snapshot had."""

        def ask() -> Mapping[str, Value | None] | None:
            table = self._table(base)
            found = self._connected().to_pyarrow(table.filter(table[SUBSCRIBER_COLUMN] == subscriber_id))
            rows = found.to_pylist()
            return {name: rows[0][name] for name in found.column_names if name != SUBSCRIBER_COLUMN} if rows else None

        return await self._run(ask)

    async def ask(self, base: Base, question: Callable[[Backend, ir.Table], Answer]) -> Answer:
        """The answer to any question of the subscribers of one version; the question must not keep the table."""
        return await self._run(lambda: question(self._connected(), self._table(base)))

    async def close(self) -> None:
        """Lets the thread end and the connection go."""

        def disconnect() -> None:
            if self._backend is not None:
                self._backend.disconnect()
                self._backend = None

        await self._run(disconnect)
        self._thread.shutdown(wait=False)

    async def _run(self, ask: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, ask)

    def _connected(self) -> Backend:
        if self._backend is None:
            self._backend = ibis.duckdb.connect(
                memory_limit=f"{self._limits.memory_mb}MB",
                threads=self._limits.threads,
                temp_directory=str(self._limits.spill),
                # Everything needed is built in; nothing may be fetched.
                autoinstall_known_extensions=False,
            )
            # A bar belongs to a person at a terminal, not to a service's log.
            self._backend.con.execute("SET enable_progress_bar = false")
        return self._backend

    def _table(self, base: Base) -> ir.Table:
        """The table of one version; versions before the last two are let go, as their files are."""
        if base.file not in self._tables:
            table = self._connected().read_parquet(self._folder.base(base.file), table_name=f"base_{base.version}")
            self._tables = {**dict(list(self._tables.items())[-1:]), base.file: table}
        return self._tables[base.file]

    def _messages(self, base: Base, ids: NDArray[np.uint32], attributes: Sequence[str]) -> list[bytes]:
        table = self._table(base)
        # Registered by hand under one name: the engine's own temporary tables end whenever memory is collected, in
        # whatever thread that happens.
        self._connected().con.register(WANTED, pa.table({SUBSCRIBER_COLUMN: ids}))
        wanted = ibis.table({SUBSCRIBER_COLUMN: "uint32"}, name=WANTED)
        # The file is sorted, so the range lets the engine skip what lies outside it.
        nearby = table.filter(table[SUBSCRIBER_COLUMN].between(int(ids[0]), int(ids[-1])))
        found = nearby.semi_join(wanted, SUBSCRIBER_COLUMN).select(SUBSCRIBER_COLUMN, *attributes)
        rows = self._connected().to_pyarrow(found.order_by(SUBSCRIBER_COLUMN))
        return [_ipc(rows.slice(start, MEMBERS_PER_BATCH)) for start in range(0, rows.num_rows, MEMBERS_PER_BATCH)]


def _ipc(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return bytes(sink.getvalue())
