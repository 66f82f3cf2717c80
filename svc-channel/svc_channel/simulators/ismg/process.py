"""Starts, kills and asks an ISMG simulator in a process of its own, for tests, benches and demos; must not know CMPP."""

from collections.abc import Sequence
from pathlib import Path

from svc_channel.simulators.ismg.settings import SECRET_VARIABLE
from svc_channel.simulators.messages.process import SimulatorProcess


class IsmgProcess(SimulatorProcess):
    """One ISMG with one service provider."""

    def __init__(
        self, folder: Path, *, secret: str, source: str = "900001", port: int = 0, options: Sequence[str] = ()
    ) -> None:
        super().__init__(
            "ismg", folder, environment={SECRET_VARIABLE: secret}, port=port, options=("--source", source, *options)
        )
        self.source = source
        self.secret = secret
