"""The peak memory of the whole suite, sampled in the background; it must cost the suite next to nothing.

Memory is PSS: a page that processes share, such as PostgreSQL's buffers, counts once over all of them.
"""

import os
import threading
from types import TracebackType
from typing import Self

import psutil

from carillon_deploy.home import Home
from carillon_deploy.runner.postgres import Postgres
from carillon_deploy.runner.supervision import leftovers

# Reading one process's PSS walks its page tables: about a millisecond each for some eighty processes, which at this
# pace takes two hundredths of the machine.
SAMPLE_SECONDS = 3.0


class PeakMemory:
    """Samples while it is entered; `peak_bytes` is the largest sum seen over all processes, this one included."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self.peak_bytes = 0
        self.samples = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.sample()

    def sample(self) -> int:
        """The memory of all processes now, in bytes."""
        postgres = Postgres(self._home).process()
        family = [psutil.Process(os.getpid()), *leftovers(self._home)]
        if postgres is not None:
            family += [postgres, *_children(postgres)]
        total = sum(_pss_bytes(process) for process in family)
        self.peak_bytes = max(self.peak_bytes, total)
        self.samples += 1
        return total


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _pss_bytes(process: psutil.Process) -> int:
    """A process's share of memory; a process that just ended, or one that may not be read, has none."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
