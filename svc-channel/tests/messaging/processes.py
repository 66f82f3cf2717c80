"""Real processes for tests: the SMSC simulator and svc-channel, started, killed and started again; ends only its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carillon_chassis.client import open_channel
from svc_channel.simulators.smsc.journal import Accepted, read_journal

SYSTEM_ID = "test"
PASSWORD = "test-pw"
START_SECONDS = 20.0


@dataclass
class Process:
    """A Python module in a process of its own."""

    command: list[str]
    environment: dict[str, str]
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> "subprocess.Popen[str]":
        """Starts it; it must not be running."""
        assert self.process is None
        self.process = subprocess.Popen(  # noqa: S603 -- our own modules, by our own interpreter
            [sys.executable, "-m", *self.command],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self.process

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Sends a signal and waits for the end; SIGKILL after a while."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def kill(self) -> None:
        """SIGKILL: nothing of it gets to say goodbye."""
        self.stop(signal.SIGKILL)


@dataclass
class Smsc:
    """The simulator; a restart takes the same port and journal."""

    folder: Path
    options: tuple[str, ...] = ()
    port: int = 0
    running: Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Returns when it listens."""
        command = ["svc_channel.simulators.smsc", "--port", str(self.port), "--system-id", SYSTEM_ID, *self.options]
        files = ["--journal", str(self.folder / "journal"), "--control", str(self.folder / "smsc.sock")]
        self.running = Process([*command, *files], {"CARILLON_SMSC_PASSWORD": PASSWORD})
        stdout = self.running.start().stdout
        assert stdout is not None
        line = await asyncio.to_thread(stdout.readline)
        assert line.startswith("ready smsc"), line
        self.port = int(line.rpartition(":")[2])

    def stop(self) -> None:
        """Ends it in good order."""
        if self.running is not None:
            self.running.stop()

    def kill(self) -> None:
        """Ends it as a power cut of the process would."""
        if self.running is not None:
            self.running.kill()

    async def ask(self, **request: Any) -> dict[str, Any]:
        """One question to its control socket."""
        reader, writer = await asyncio.open_unix_connection(str(self.folder / "smsc.sock"))
        writer.write(json.dumps(request).encode() + b"\n")
        await writer.drain()
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer

    def accepted(self) -> Counter[str]:
        """How often each number was sent an accepted part, by the journal."""
        records = read_journal(self.folder / "journal")
        return Counter(f"+{record.destination}" for record in records if isinstance(record, Accepted))


@dataclass
class ServiceProcess:
    """svc-channel serving from a process of its own."""

    address: str
    environment: dict[str, str]
    running: Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Returns when it answers."""
        self.running = Process(["svc_channel", "serve"], self.environment)
        self.running.start()
        channel = open_channel(self.address)
        async with asyncio.timeout(START_SECONDS):
            await channel.channel_ready()
        await channel.close()

    def stop(self) -> None:
        """Ends it in good order."""
        if self.running is not None:
            self.running.stop()

    def kill(self) -> None:
        """SIGKILL."""
        if self.running is not None:
            self.running.kill()
