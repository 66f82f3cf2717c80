"""The suite's log files: opened for a process, rotated by size, shown when something fails; nothing else is kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

# A log this long is rotated when its process next starts; three old ones are kept, so a log takes 40 MiB at most
# while its process keeps starting.
ROTATE_BYTES = 10 * 1024 * 1024
KEPT_FILES = 3
# What a failure shows of a log: enough for a traceback's end.
TAIL_LINES = 20
_TAIL_BYTES = 16 * 1024


def open_log(path: Path) -> BinaryIO:
    """Opens a log for appending, after rotating one that has grown too long."""
    if path.exists() and path.stat().st_size > ROTATE_BYTES:
        for number in range(KEPT_FILES - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number + 1}"))
        path.replace(path.with_name(f"{path.name}.1"))
    log = path.open("ab")
    path.chmod(0o640)
    return log


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, or an empty text when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def failure(text: str, logs: Iterable[Path]) -> str:
    """A failure's text with the logs that tell why and their last lines."""
    parts = [text]
    for path in logs:
        shown = tail(path)
        parts.append(f"see {path}" + (f"; it ends with:\n{shown}" if shown else ", which is empty"))
    return "\n".join(parts)
