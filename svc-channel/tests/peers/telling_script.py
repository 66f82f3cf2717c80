"""A peer's script as a process that says in lines of JSON what it read; must not know what it speaks."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

PATIENCE_SECONDS = 20


class TellingScript:
    """The running script; ``port`` is what it says first."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.port = 0

    async def said(self) -> dict[str, Any]:
        """The next thing that it says."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            line: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return line


@asynccontextmanager
async def run_script(*command: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[TellingScript]:
    """Runs one for the time of a block."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE)
    script = TellingScript(process)
    try:
        script.port = (await script.said())["port"]
        yield script
    finally:
        process.kill()
        await process.wait()
