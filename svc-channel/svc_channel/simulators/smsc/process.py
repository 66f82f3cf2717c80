"""Starts, kills and asks an SMSC simulator in a process of its own, for tests, benches and demos; must not know SMPP."""

from collections.abc import Sequence
from pathlib import Path

from svc_channel.simulators.messages.process import SimulatorProcess
from svc_channel.simulators.smsc.settings import PASSWORD_VARIABLE


class SmscProcess(SimulatorProcess):
    """One SMSC with one account."""

    def __init__(
        self, folder: Path, *, password: str, system_id: str = "carillon", port: int = 0, options: Sequence[str] = ()
    ) -> None:
        super().__init__(
            "smsc",
            folder,
            environment={PASSWORD_VARIABLE: password},
            port=port,
            options=("--system-id", system_id, *options),
        )
        self.system_id = system_id
        self.password = password
