"""svc-channel in a process of its own with a database of its own, for benches; must not touch a running suite."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from tests.bench.ledger_postings import make_database

SYSTEM_ID = "bench"
PASSWORD = "bench-pw"
STOP_SECONDS = 30.0


async def channel_database(server_url: str) -> str:
    """A database of its own, dropped with the server; a shared server keeps it for a look."""
    return await make_database(server_url, f"bench_{uuid4().hex[:12]}")


@contextmanager
def channel_service(
    folder: Path, database_url: str, *, smsc_port: int, peers: str, **settings: str
) -> Iterator["subprocess.Popen[str]"]:
    """Migrates, serves on ``folder``/channel.sock with every peer at ``peers``, and ends it."""
    told = {
        "DATABASE_URL": database_url,
        "LISTEN": f"unix:{folder}/channel.sock",
        "DATA_DIR": str(folder),
        **{f"{name}_ADDRESS": peers for name in ("SEGMENT", "CATALOG", "REWARD", "CAMPAIGN")},
        "SMSC_PORT": str(smsc_port),
        "SMSC_SYSTEM_ID": SYSTEM_ID,
        "SMSC_PASSWORD": PASSWORD,
        **settings,
    }
    environment = {**os.environ, **{f"CARILLON_CHANNEL_{name}": value for name, value in told.items()}}
    command = [sys.executable, "-m", "svc_channel"]
    subprocess.run([*command, "migrate"], env=environment, check=True, timeout=60)
    process = subprocess.Popen([*command, "serve"], env=environment, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
