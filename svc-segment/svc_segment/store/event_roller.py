"""Writes fresh events into files by day, together with the day's small files; it must not name them current."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from svc_segment.store.engine import EngineLimits
from svc_segment.store.event_days import EVENTS, write_event_days
from svc_segment.store.folders import DataFolder
from svc_segment.store.loading_engine import loading_engine
from svc_segment.store.source_file import quoted

FRESH = "fresh"


class EventRoller:
    """Rolls one chunk of events at a time."""

    def __init__(self, folder: DataFolder, limits: EngineLimits) -> None:
        self._folder = folder
        self._limits = limits

    async def spare(self, files: Sequence[str]) -> None:
        """Keeps files that are about to go for as long as a question that began on them may last."""
        await asyncio.to_thread(self._folder.spare, files)

    async def roll(self, fresh: pa.Table, merged: Sequence[str], name: str) -> Mapping[str, tuple[date, int]]:
        """The day and rows of each new file with the fresh events (EVENT_SCHEMA) and those of the ``merged`` files."""

        def roll() -> Mapping[str, tuple[date, int]]:
            work = self._folder.begin_work(name)
            try:
                with loading_engine(self._limits, work) as connection:
                    connection.register(FRESH, fresh)
                    read = "".join(
                        f" UNION ALL SELECT * FROM read_parquet({quoted(self._folder.events(file))})"  # noqa: S608 -- our own paths
                        for file in merged
                    )
                    connection.execute(f"CREATE TEMPORARY VIEW {EVENTS} AS SELECT * FROM {FRESH}{read}")  # noqa: S608 -- the same
                    written = write_event_days(connection, work, name, self._folder)
                self._folder.spare(merged)
                return written
            finally:
                self._folder.end_work(name)

        return await asyncio.to_thread(roll)
