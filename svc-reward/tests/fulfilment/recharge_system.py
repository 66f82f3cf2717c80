"""A running recharge simulator for tests, and the clerk that pays by it, step by step."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from svc_reward.worker.recharge_clerk import RechargeClerk

from .desks import PAYING, Desks

SECRET = "secret"
# What goes wrong with a subscriber's number, by its last two digits.
REFUSES, SILENT, BUSY, FORGES, SLOW = 91, 92, 93, 94, 95
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


async def order(desks: Desks, *people: int, fen: int = 500, complete: bool = True) -> list[str]:
    """Items of phone credit for those people, verified and ordered."""
    await desks.draw([(one, "credit") for one in people])
    report = await desks.issue(desks.key(), credits={"credit": fen})
    items = [item.id for item in sorted(await desks.items(report.id), key=lambda item: item.subscriber_id)]
    for item_id in items:
        await desks.verify(item_id)
        if complete:
            assert (await desks.complete(item_id, "")).state == PAYING
    return items


async def run(desks: Desks, clerk: RechargeClerk, *, seconds: int = 600) -> int:
    """Steps of the clerk at one moment a second, for so long; how many recharges were taken up."""
    taken = 0
    for _ in range(seconds):
        taken += await clerk.step()
        desks.clock.at += timedelta(seconds=1)
    return taken


async def state_of(desks: Desks, item_id: str) -> tuple[int, str]:
    view = await desks.look(item_id)
    return view.fulfilment.state, view.fulfilment.reference or view.fulfilment.reason or view.problem
