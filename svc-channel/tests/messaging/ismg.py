"""A line over CMPP for a house: the ISMG simulator in a process of its own, and the line file that leads to it."""

import json
from pathlib import Path
from typing import Any

from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.simulators.messages.process import SimulatorProcess

from .processes import Simulator

SECRET = "s3cr3t-of-the-line"
SECRET_VARIABLE = "CARILLON_TEST_ISMG_SECRET"
SOURCE = "900001"
WINDOW = 16


class Ismg(Simulator):
    """The ISMG."""

    def make(self) -> SimulatorProcess:
        return IsmgProcess(self.folder, secret=SECRET, source=SOURCE, options=self.options)

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
