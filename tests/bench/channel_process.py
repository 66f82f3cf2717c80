"""svc-channel in a process of its own with a database of its own, for benches; must not touch a running suite."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil

SYSTEM_ID = "bench"
PASSWORD = "bench-pw"


async def make_database(server_url: str) -> str:
    """A database of its own, dropped with the server; a shared server keeps it for a look."""
    name = f"bench_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    head, question, tail = server_url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


@contextmanager
def channel_service(
    folder: Path, database_url: str, *, smsc_port: int, peers: str
) -> Iterator["subprocess.Popen[str]"]:
    """Migrates, serves on ``folder``/channel.sock with every peer at ``peers``, and ends it."""
    settings = {
        "DATABASE_URL": database_url,
        "LISTEN": f"unix:{folder}/channel.sock",
        "DATA_DIR": str(folder),
        **{f"{name}_ADDRESS": peers for name in ("SEGMENT", "CATALOG", "REWARD", "CAMPAIGN")},
        "SMSC_PORT": str(smsc_port),
        "SMSC_SYSTEM_ID": SYSTEM_ID,
        "SMSC_PASSWORD": PASSWORD,
        "LOG_LEVEL": "WARNING",
    }
    environment = {**os.environ, **{f"CARILLON_CHANNEL_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "svc_channel"]
    subprocess.run([*command, "migrate"], env=environment, check=True, timeout=60)
    process = subprocess.Popen([*command, "serve"], env=environment, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies; ``values`` are sorted."""
    return values[min(int(len(values) * share), len(values) - 1)]


def wall() -> float:
    """Seconds that only ever grow."""
    return time.perf_counter()
