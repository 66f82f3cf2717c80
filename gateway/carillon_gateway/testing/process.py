"""The gateway as its own process, as an operator starts it; for tests of the real server, never used in service."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import httpx

# A cold start on a busy box.
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway that answers: its process id and a client that calls it."""

    pid: int
    http: httpx.AsyncClient


def environment(database_url: str, services: str, folder: Path) -> dict[str, str]:
    """Variables for a gateway on a free port, with all services at one address and its traces in ``folder``."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = ("CATALOG", "SEGMENT", "CAMPAIGN", "REWARD", "CHANNEL")
    own = {f"{name}_ADDRESS": services for name in names} | {
        "DATABASE_URL": database_url,
        "TOKEN_KEY": "k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U",
        "PORT": str(port),
        "TRACES": f"file:{folder / 'traces.jsonl'}",
        "UPLOAD_DIR": str(folder / "uploads"),
        "CONSOLE": "false",
    }
    return os.environ | {f"CARILLON_GATEWAY_{name}": value for name, value in own.items()}


async def command(variables: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Runs a command of the gateway to its end: exit code and output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "carillon_gateway",
        *arguments,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@asynccontextmanager
async def serving(variables: dict[str, str], log: Path) -> AsyncIterator[Running]:
    """A serving gateway for the time of the block; told to stop at its end."""
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "carillon_gateway", env=variables, stderr=sink
        )
    url = f"http://127.0.0.1:{variables['CARILLON_GATEWAY_PORT']}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=START_SECONDS) as http:
            await _answers(http, process, log)
            yield Running(pid=process.pid, http=http)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(http: httpx.AsyncClient, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the gateway ended at its start: {_last_words(log)}")
            try:
                await http.get("/healthz")
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            else:
                return


def _last_words(log: Path) -> str:
    """The end of its log, where the reason stands."""
    return log.read_text()[-2000:]
