"""A line over CMPP for a house: the ISMG simulator in a process of its own, and the line file that leads to it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.simulators.messages.journal import Accepted, read_journal

SECRET = "s3cr3t-of-the-line"
SECRET_VARIABLE = "CARILLON_TEST_ISMG_SECRET"
SOURCE = "900001"
WINDOW = 16


@dataclass
class Ismg:
    """The simulator, with options that a test may set before it starts; a restart takes the same port and journal."""

    folder: Path
    options: tuple[str, ...] = ()
    process: IsmgProcess | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Returns when it listens."""
        if self.process is None:
            self.folder.mkdir(exist_ok=True)
            self.process = IsmgProcess(self.folder, secret=SECRET, source=SOURCE, options=self.options)
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

    def accepted(self) -> Counter[str]:
        """How often each number was sent an accepted part, by the journal."""
        return Counter(f"+{record.destination}" for record in self.records())

    def records(self) -> list[Accepted]:
        """Everything it accepted, by the journal."""
        assert self.process is not None
        return [record for record in read_journal(self.process.journal) if isinstance(record, Accepted)]

    def line_file(self, **options: Any) -> Path:
        """A file with the one line that leads here, and the window of the specification, which it does not say."""
        assert self.process is not None
        line = {
            "name": "mobile",
            "protocol": "cmpp",
            "host": "127.0.0.1",
            "port": self.process.port,
            "source": SOURCE,
            "secret_variable": SECRET_VARIABLE,
            **options,
        }
        path = self.folder / "lines.json"
        path.write_text(json.dumps({"lines": [line]}))
        return path
