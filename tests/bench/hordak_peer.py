"""The peer django-hordak (MIT), in a throw-away environment that the product never sees; it must not judge the figures.

Where the registry can't be reached the peer is absent, and its rows say so.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(__file__).with_name("hordak_packages.txt")
PROGRAM = Path(__file__).with_name("hordak_program.py")
ENVIRONMENT = ROOT / ".cache" / "hordak"
VERSION = PACKAGES.read_text().split("django-hordak==")[1].split()[0]
NAME = f"django-hordak {VERSION} (MIT), through Django"
INSTALL_SECONDS = 240
# A million legs are grown within it.
CALL_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hordak:
    """The peer on a database of its own."""

    python: Path
    database: str
    """As Django takes it, in JSON."""

    async def run(self, *arguments: str) -> Any:
        """What its program prints, read as JSON. Raises RuntimeError with what it said when it fails."""
        process = await asyncio.create_subprocess_exec(
            self.python,
            # Without it the files beside the program hide packages of the same names.
            "-P",
            PROGRAM,
            *arguments,
            env=os.environ | {"CARILLON_PEER_DATABASE": self.database},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        printed, complained = await asyncio.wait_for(process.communicate(), CALL_SECONDS)
        if process.returncode:
            raise RuntimeError(f"django-hordak: {complained.decode()[-1000:]}")
        return json.loads(printed) if printed else None


async def prepare(url: str) -> Hordak | None:
    """The peer with its tables in that empty database; None where it can't be installed."""
    python = await asyncio.to_thread(install)
    if python is None:
        return None
    parts = make_url(url)
    database = {
        "NAME": parts.database,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.host or parts.query.get("host", ""),
        "PORT": str(parts.port or ""),
    }
    peer = Hordak(python=python, database=json.dumps(database))
    await peer.run("prepare")
    return peer


def install() -> Path | None:
    """The Python that has the peer, made anew when the list of packages has changed; None when it can't be made."""
    python, stamp = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "packages.txt"
    if stamp.exists() and stamp.read_text() == PACKAGES.read_text():
        return python
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(PACKAGES)]
    try:
        for command in ([sys.executable, "-m", "venv", str(ENVIRONMENT)], pip):
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    shutil.copy(PACKAGES, stamp)
    return python
