"""An append-only file of JSON lines that a simulator keeps and reads back; must not know what the lines say."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from svc_channel.simulators.cut_lines import drop_cut_line


class LineJournal:
    """Appends whole lines; one is with the kernel, and survives SIGKILL, before ``append`` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        drop_cut_line(self._file)
        self._lock = Lock()

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one record; safe from several threads."""
        octets = memoryview((json.dumps(record) + "\n").encode("ascii"))
        with self._lock:
            while octets:
                octets = octets[os.write(self._file, octets) :]

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole record in order; an unfinished last line is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)
