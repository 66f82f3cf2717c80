"""A running recharge simulator for tests, and the clerk that pays by it, step by step."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECRET = "secret"
# What goes wrong with a subscriber's number, by its last two digits.
FAULTS = {"91": "refuse", "92": "silent", "93": "busy", "94": "forge", "95": "slow"}


@dataclass
class RechargeSystem:
    """The simulator's process, where it answers, and what it paid."""

    process: "subprocess.Popen[str]"
    journal: Path
    url: str

    def paid(self) -> dict[str, int]:
        """Fen by the id of each payment, out of the simulator's own journal."""
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        return {line["id"]: line["amount_fen"] for line in lines if line["result"] == "paid"}

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_recharge_system(journal: Path, *, port: int = 0) -> RechargeSystem:
    """Starts one; slow numbers take a second."""
    faults = [word for digits, fault in FAULTS.items() for word in ("--fault", f"{digits}={fault}")]
    process = subprocess.Popen(  # noqa: S603 -- our own module, by this Python
        [
            sys.executable, "-m", "svc_channel.simulators.recharge",
            "--port", str(port), "--journal", str(journal), "--slow-seconds", "1", *faults,
        ],
        env={**os.environ, "CARILLON_RECHARGE_SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready recharge "), line
    return RechargeSystem(process=process, journal=journal, url=f"http://{line.split()[2]}")
