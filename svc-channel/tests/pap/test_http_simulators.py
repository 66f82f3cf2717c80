"""Each simulator over HTTP is one command: it says when it is ready, ends on SIGTERM, and starts with no secret unset."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
import pytest

SIMULATORS = {
    "ppg": ("CARILLON_PPG_PASSWORD", "/wappush"),
    "mmsc": ("CARILLON_MMSC_PASSWORD", "/mm7"),
    "market": ("CARILLON_MARKET_SECRET", "/jobs"),
}
SECRET = "secret-of-one-run"
PATIENCE_SECONDS = 30.0


async def start(name: str, *options: str, secret: str = SECRET) -> Process:
    variable = SIMULATORS[name][0]
    command = ("-m", f"svc_channel.simulators.{name}", *options)
    environment = {**os.environ, variable: secret}
    return await asyncio.create_subprocess_exec(sys.executable, *command, env=environment, stdout=PIPE, stderr=PIPE)


async def ready(process: Process) -> int:
    """The port of the ready line."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        line = (await process.stdout.readline()).decode()
    assert line.startswith("ready "), line
    return int(line.strip().rpartition(":")[2])


@pytest.mark.parametrize("name", SIMULATORS)
async def test_it_says_when_it_is_ready_lets_no_stranger_in_and_ends_on_sigterm(name: str, tmp_path: Path) -> None:
    process = await start(name, "--port", "0", "--journal", str(tmp_path / "journal"), "--fault", "07=busy")
    try:
        port = await ready(process)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            path = SIMULATORS[name][1]
            assert (await client.post(path, content=b"x", auth=("carillon", "wrong"))).status_code == 401
            assert (await client.post("/elsewhere", content=b"x")).status_code == 404
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode())
            assert b" 413 " in raw.recv(100)
    finally:
        process.terminate()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.wait() == 0


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize(("options", "secret"), [((), ""), (("--fault", "x=busy"), "s"), (("--fault", "07=eat"), "s")])
async def test_it_does_not_start_with_what_cannot_work(
    name: str, options: tuple[str, ...], secret: str, tmp_path: Path
) -> None:
    process = await start(name, "--port", "0", "--journal", str(tmp_path / "journal"), *options, secret=secret)
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert b"usage:" in said
