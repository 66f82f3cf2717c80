"""Starts, kills and asks a simulator in a process of its own, for tests, benches and demos; must not know a protocol."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

# A start reads the journal back; far more than any journal here needs.
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 10.0
_LONGEST_ANSWER: Final = 4 * 1024 * 1024


class SimulatorProcess:
    """One simulator whose journal and control socket lie in ``folder``; a restart takes the same port again.

    ``name`` is its module under ``svc_channel.simulators``, ``environment`` carries its secret.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        environment: Mapping[str, str],
        port: int = 0,
        options: Sequence[str] = (),
    ) -> None:
        self.journal = folder / "journal.jsonl"
        self.control_socket = folder / "control.sock"
        self.host = "127.0.0.1"
        self.port = port
        self._name = name
        self._environment = dict(environment)
        self._options = tuple(options)
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The running process; RuntimeError when there is none."""
        return self._running().pid

    async def start(self) -> None:
        """Returns when the simulator listens; TimeoutError or RuntimeError when it does not come up."""
        arguments = ["--host", self.host, "--port", str(self.port), "--journal", str(self.journal)]
        arguments += ["--control", str(self.control_socket), *self._options]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"svc_channel.simulators.{self._name}",
            *arguments,
            env={**os.environ, **self._environment},
            stdout=PIPE,
        )
        self._process = process
        assert process.stdout is not None  # noqa: S101 -- asked for above
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = (await process.stdout.readline()).decode()
        except TimeoutError:
            await self.kill()
            raise
        if not ready.startswith(f"ready {self._name} "):
            code = await process.wait()
            self._process = None
            raise RuntimeError(f"the simulator ended with {code} before it was ready")
        self.port = int(ready.rpartition(":")[2])

    async def kill(self) -> None:
        """SIGKILL: what a crash leaves."""
        process = self._running()
        process.kill()
        await process.wait()
        self._process = None

    async def stop(self) -> None:
        """SIGTERM, or nothing when it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        async with asyncio.timeout(_STOP_SECONDS):
            await self._process.wait()
        self._process = None

    async def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One request on the control socket, answered."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(self.control_socket, limit=_LONGEST_ANSWER)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                answer: dict[str, Any] = json.loads(await reader.readline())
                return answer
            finally:
                writer.close()

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("the simulator does not run")
        return self._process
