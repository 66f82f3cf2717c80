"""Starts Kannel's boxes, one process each, and waits until they serve; must not know what they are configured to do."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import pytest

from svc_channel.simulators.smsc.process import SmscProcess

PATIENCE_SECONDS = 20


async def start_box(program: str, configuration: Path, port: int) -> Process:
    """Starts one box and waits until it listens; Kannel tells its reason to stop in its log beside it alone."""
    process = await asyncio.create_subprocess_exec(program, str(configuration), stdout=DEVNULL, stderr=DEVNULL)
    for _ in range(PATIENCE_SECONDS * 10):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return process
    if process.returncode is None:
        process.kill()
    pytest.fail(f"{program} does not serve: {(configuration.parent / f'{program}.log').read_text()[-3000:]}")


async def until_bound(smsc: SmscProcess) -> None:
    """Waits until bearerbox is bound to the SMSC."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await smsc.ask({"op": "stats"}))["receivers"] != 1:
            await asyncio.sleep(0.05)
