"""Real processes for tests: the SMSC simulator and svc-channel, started, killed and started again; ends only its own."""

import asyncio
import os
import signal
import sys
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carillon_chassis.client import open_channel
from svc_channel.simulators.messages.journal import Accepted, read_journal
from svc_channel.simulators.messages.process import SimulatorProcess
from svc_channel.simulators.smsc.process import SmscProcess

SYSTEM_ID = "test"
PASSWORD = "test-pw"
# A cold start takes two seconds; a machine that builds something else beside it, many more.
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass
class Simulator(ABC):
    """A simulator, with options that a test may set before it starts; a restart takes the same port and journal."""

    folder: Path
    options: tuple[str, ...] = ()
    process: SimulatorProcess | None = field(default=None, repr=False)

    @abstractmethod
    def make(self) -> SimulatorProcess:
        """Its process, not started."""

    @property
    def port(self) -> int:
        """Where it listens or last listened; 0 before its first start."""
        return self.process.port if self.process is not None else 0

    async def start(self) -> None:
        """Returns when it listens."""
        if self.process is None:
            self.folder.mkdir(exist_ok=True)
            self.process = self.make()
        await self.process.start()

    async def stop(self) -> None:
        """Ends it in good order, if it runs."""
        if self.process is not None:
            await self.process.stop()

    async def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        await self.process.kill()

    async def ask(self, **request: Any) -> dict[str, Any]:
        """One question to its control socket."""
        assert self.process is not None
        return await self.process.ask(request)

    def records(self) -> list[Accepted]:
        """Everything it accepted, by the journal."""
        assert self.process is not None
        return [record for record in read_journal(self.process.journal) if isinstance(record, Accepted)]

    def accepted(self) -> Counter[str]:
        """How often each number was sent an accepted part, by the journal."""
        return Counter(f"+{record.destination}" for record in self.records())


class Smsc(Simulator):
    """An SMSC."""

    def make(self) -> SimulatorProcess:
        return SmscProcess(self.folder, password=PASSWORD, system_id=SYSTEM_ID, options=self.options)


@dataclass
class ServiceProcess:
    """svc-channel serving from a process of its own."""

    address: str
    environment: dict[str, str]
    process: Process | None = field(default=None, repr=False)
    log: Path | None = None
    """Where what it says goes, with Python's own warnings; None for nowhere."""

    @property
    def full_environment(self) -> dict[str, str]:
        """Its settings beside what this process has."""
        return {**os.environ, **self.environment}

    async def start(self) -> None:
        """Returns when it answers; it must not be running."""
        assert self.process is None
        command = [sys.executable, *(["-X", "dev"] if self.log else []), "-m", "svc_channel", "serve"]
        if self.log is None:
            self.process = await asyncio.create_subprocess_exec(*command, env=self.full_environment, stderr=DEVNULL)
        else:
            with self.log.open("wb") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *command, env=self.full_environment, stdout=log, stderr=log
                )
        channel = open_channel(self.address)
        async with asyncio.timeout(START_SECONDS):
            await channel.channel_ready()
        await channel.close()

    async def stop(self, number: int = signal.SIGTERM) -> None:
        """Ends it in good order, if it runs; SIGKILL when that takes too long."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """SIGKILL: nothing of it gets to say goodbye."""
        await self.stop(signal.SIGKILL)
