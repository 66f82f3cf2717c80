"""Says how much memory this machine gives us, so that limits fit it untold; it must not take any.

Each part may take its share: together they are a quarter of the memory, beside what a load takes for its time. What a
part holds grows with the subscribers, so a small operator never comes near it.
"""

import os
from pathlib import Path

# What the kernel says of a container that has a limit of its own.
CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# Less would stop a small machine from working at all.
LEAST_MB = 256


def share_mb(part: int, *, limits: tuple[Path, ...] = CONTAINER_LIMITS) -> int:
    """One ``part``-th of the memory in MB, at least 256: that of the machine, or of the container if that is less."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    memory = min([memory, *(limit for path in limits if (limit := _limit(path)) is not None)])
    return max(memory // part // 2**20, LEAST_MB)


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        # No such container, or one that is given "max".
        return None
