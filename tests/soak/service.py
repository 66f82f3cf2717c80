"""svc-reward as a process that is killed and starts again, on a clock that hurries; it must not hide a death of its own.

The clock makes a day of every second, so that points expire and holds end while the clients work.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import svc_reward.migrations
from carillon_chassis.client import open_channel
from carillon_chassis.server import Service, run
from svc_reward.main import build
from svc_reward.settings import Settings
from tests.lone_reward import lone_environment

HURRY = timedelta(days=1) / timedelta(seconds=1)
START_SECONDS = 20.0
# Who ends at once is not started in a tight ring.
RESTART_SECONDS = 1.0
BEGAN_VARIABLE = "CARILLON_SOAK_BEGAN"


class HurryingClock:
    """Time that began when the soak did and has run ``HURRY`` times as fast since, over all restarts."""

    def __init__(self, began: datetime) -> None:
        self._began = began

    @classmethod
    def started_now(cls) -> "HurryingClock":
        """A clock that is right at this moment, for the last time."""
        return cls(datetime.now(UTC))

    @property
    def began(self) -> datetime:
        """When it was right."""
        return self._began

    def now(self) -> datetime:
        """The hurried moment, in UTC."""
        return self._began + (datetime.now(UTC) - self._began) * HURRY


class KilledService:
    """The running process; who kills it finds another in its place a moment later."""

    def __init__(self, environment: dict[str, str], log: TextIO) -> None:
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._killed: set[int] = set()
        self.deaths: list[int] = []
        """Exit codes of processes that ended without being killed here."""

    async def keep_alive(self) -> None:
        """Starts it whenever it is not there; ends by cancellation alone, and then takes the process with it."""
        try:
            while True:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    __name__,
                    "serve",
                    env=self._environment,
                    stdout=self._log,
                    stderr=self._log,
                )
                self._process = process
                code = await process.wait()
                if process.pid not in self._killed:
                    self.deaths.append(code)
                    await asyncio.sleep(RESTART_SECONDS)
        finally:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
                await self._process.wait()

    def kill(self) -> None:
        """Kills it with SIGKILL, if it is there."""
        if self._process is not None and self._process.returncode is None:
            self._killed.add(self._process.pid)
            self._process.kill()


@asynccontextmanager
async def kept_alive(url: str, clock: HurryingClock) -> AsyncIterator[tuple[KilledService, str]]:
    """A service that answers, and its address. Raises TimeoutError, with what it last said, when it does not start."""
    with tempfile.TemporaryDirectory(prefix="csk") as folder:
        address = f"unix:{folder}/reward.sock"
        environment = lone_environment(url, address, LOG_LEVEL="ERROR") | {BEGAN_VARIABLE: clock.began.isoformat()}
        log_path = Path(folder) / "log"
        with log_path.open("w") as log:
            service = KilledService(environment, log)
            keeping = asyncio.ensure_future(service.keep_alive())
            channel = open_channel(address)
            try:
                await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
                yield service, address
            except TimeoutError as error:
                raise TimeoutError(f"svc-reward is stuck; its log ends so:\n{log_path.read_text()[-2000:]}") from error
            finally:
                await channel.close()
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)


def hurrying_service(settings: Settings) -> Service:
    """svc-reward whole, with its workers, on the hurried clock."""
    return build(settings, clock=HurryingClock(datetime.fromisoformat(os.environ[BEGAN_VARIABLE])))


if __name__ == "__main__":
    run("reward", Settings, hurrying_service, migrations=svc_reward.migrations.__path__[0])
