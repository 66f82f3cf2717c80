"""Asks questions of the subscribers through Ibis, away from the event loop; it must not change them.

The same rules run on any engine that Ibis speaks to; what an engine needs of its own is in its ``Session``. Each
thread has a session of its own, so that several people are answered at once. A long stream asks in chunks and leaves
the thread between them, so that a preview never waits for a whole stream.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Value
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import MEMBERS_PER_BATCH, Base
from svc_segment.store.rule_expression import compile_expression
from svc_segment.store.rule_tables import RuleColumns, asked_by, join_asked
from svc_segment.store.session import Session
from svc_segment.store.surroundings import NOTHING, Surroundings

# Members joined at once: some ten messages; a question costs milliseconds, so fewer would be dear.
MEMBERS_PER_CHUNK = 10 * MEMBERS_PER_BATCH

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """What the engine may take of the machine; beyond its memory it writes to ``spill``."""

    memory_mb: int
    threads: int
    spill: Path


class Engine:
    """The subscribers of the Parquet file of a version, as an engine behind Ibis sees them."""

    def __init__(self, open_session: Callable[[], Session], *, at_once: int) -> None:
        self._open_session = open_session
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="engine")
        self._local = threading.local()
        self._sessions: list[Session] = []
        self._running = 0

    async def count(self, base: Base, rule: Rule, around: Surroundings = NOTHING) -> int:
        """How many subscribers fit a rule, exactly."""
        return await self.run(lambda session: _count(session, base, rule, around))

    async def members(self, base: Base, rule: Rule, around: Surroundings = NOTHING) -> BitMap:
        """Who fits a rule, exactly."""
        return (await self.members_of(base, [rule], around))[0]

    async def members_of(self, base: Base, rules: Sequence[Rule], around: Surroundings = NOTHING) -> list[BitMap]:
        """Who fits each of some rules, exactly, in their order."""
        return await self.run(lambda session: [_members(session, base, rule, around) for rule in rules])

    async def stream_members(self, base: Base, members: BitMap, attributes: Sequence[str]) -> AsyncIterator[bytes]:
        """Arrow IPC streams of at most 5,000 rows by rising ``subscriber_id`` (uint32), then the attributes."""
        ids = np.asarray(members.to_array(), dtype=np.uint32)
        for start in range(0, len(ids), MEMBERS_PER_CHUNK):
            chunk = ids[start : start + MEMBERS_PER_CHUNK]
            for message in await self.run(lambda session, chunk=chunk: _messages(session, base, chunk, attributes)):  # type: ignore[misc]  # a lambda's default has no type
                yield message

    async def attributes_of(self, base: Base, subscriber_id: int) -> Mapping[str, Value | None] | None:
        """What is known of one subscriber; None for one that no snapshot had."""

        def ask(session: Session) -> Mapping[str, Value | None] | None:
            table = session.subscribers(base)
            found = session.backend.to_pyarrow(table.filter(table[SUBSCRIBER_COLUMN] == subscriber_id))
            rows = found.to_pylist()
            return {name: rows[0][name] for name in found.column_names if name != SUBSCRIBER_COLUMN} if rows else None

        return await self.run(ask)

    async def ask(self, base: Base, question: Callable[[SQLBackend, ir.Table], Answer]) -> Answer:
        """The answer to any question of the subscribers of one version; the question must not keep the table."""
        return await self.run(lambda session: question(session.backend, session.subscribers(base)))

    async def ask_about(
        self,
        base: Base,
        rules: Sequence[Rule],
        question: Callable[[SQLBackend, RuleColumns], Answer],
        around: Surroundings,
    ) -> Answer:
        """The same with all that some rules ask joined to the subscribers, for ``compile_expression`` over it."""
        return await self.run(lambda session: question(session.backend, _columns(session, base, rules, around)))

    async def prepare(self, file: str) -> None:
        """Works out of a version that is about to be current whatever makes its questions quick; here nothing."""

    async def prepare_events(self, files: Collection[str]) -> None:
        """The same of files of events."""

    async def prepare_usage(self, file: str) -> None:
        """The same of a month of usage."""

    async def run(self, ask: Callable[[Session], Answer]) -> Answer:
        """Runs a blocking question in a thread that has a session."""
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: ask(self._session()))
        finally:
            self._running -= 1

    @property
    def busy(self) -> bool:
        """Whether a question is being answered or waits; who has time gives way then."""
        return self._running > 0

    async def close(self) -> None:
        """Lets the threads end and the engine go."""
        await asyncio.to_thread(self._threads.shutdown)
        while self._sessions:
            self._sessions.pop().close()

    def _session(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._open_session()
            self._sessions.append(session)
        return session


def _columns(session: Session, base: Base, rules: Sequence[Rule], around: Surroundings) -> RuleColumns:
    return join_asked(asked_by(rules), session.lay(base, rules, around))


def _count(session: Session, base: Base, rule: Rule, around: Surroundings) -> int:
    columns = _columns(session, base, [rule], around)
    counted = columns.table.filter(compile_expression(rule, columns)).count()
    return int(session.backend.to_pyarrow(counted).as_py())


def _members(session: Session, base: Base, rule: Rule, around: Surroundings) -> BitMap:
    columns = _columns(session, base, [rule], around)
    found = columns.table.filter(compile_expression(rule, columns)).select(SUBSCRIBER_COLUMN)
    # Four bytes a subscriber: even twelve million ids are a small table.
    ids = session.backend.to_pyarrow(found)[SUBSCRIBER_COLUMN]
    members = BitMap(ids.to_numpy().astype(np.uint32, copy=False))
    members.run_optimize()
    return members


def _messages(session: Session, base: Base, ids: NDArray[np.uint32], attributes: Sequence[str]) -> list[bytes]:
    table = session.subscribers(base)
    # The file is sorted, so the range lets the engine skip what lies outside it.
    nearby = table.filter(table[SUBSCRIBER_COLUMN].between(int(ids[0]), int(ids[-1])))
    found = nearby.semi_join(session.ids(ids), SUBSCRIBER_COLUMN).select(SUBSCRIBER_COLUMN, *attributes)
    rows = session.backend.to_pyarrow(found.order_by(SUBSCRIBER_COLUMN))
    # Some engines know no unsigned numbers.
    ordinals = rows[SUBSCRIBER_COLUMN].cast(pa.uint32())
    rows = rows.set_column(0, SUBSCRIBER_COLUMN, ordinals)
    return [_ipc(rows.slice(start, MEMBERS_PER_BATCH)) for start in range(0, rows.num_rows, MEMBERS_PER_BATCH)]


def _ipc(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return bytes(sink.getvalue())
