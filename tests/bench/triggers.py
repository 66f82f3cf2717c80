"""Measures triggers: from a text to 12520 and an extension at the SMSC to the campaign's answer back there.

Run ``python -m tests.bench.triggers [TEXTS]``, or call ``main`` from the bench. It brings up a suite of its own, real
processes all; both moments are the SMSC's, by its journal, so nothing of the measuring is in them.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import uvloop

from carillon_deploy.demo.campaigning import LINK_TARGET, SENDER, SERVICE
from carillon_deploy.demo.dataset import ARMS, HOLDOUT
from carillon_deploy.demo.handsets import answer_by_mo
from carillon_deploy.demo.loop import Loop
from svc_channel.simulators.messages.journal import Accepted, Inbound, read_journal
from tests.suite import prepare, running_suite, until

ROWS = 2_000
TEXTS = 200
# A text every so often: each is measured alone, as one that a person writes.
PAUSE_SECONDS = 0.05
BOUND_SECONDS = 5.0
EXTENSION = "12520138"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerFigures:
    """Texts that were answered, and how long that took."""

    texts: int
    median_ms: float
    p99_ms: float
    worst_ms: float


def main(texts: int = TEXTS) -> TriggerFigures:
    """Answers so many texts; prints what it took as JSON beside the bound."""
    took = sorted(uvloop.run(_measure(texts)))
    figures = TriggerFigures(
        texts=len(took),
        median_ms=round(statistics.median(took) * 1_000),
        p99_ms=round(statistics.quantiles(took, n=100, method="inclusive")[98] * 1_000),
        worst_ms=round(took[-1] * 1_000),
    )
    print(f"triggers: {json.dumps(asdict(figures))} (99 of 100 in {BOUND_SECONDS:.0f} s)")
    return figures


def kept(figures: TriggerFigures) -> bool:
    """Whether 99 of 100 texts were answered in time."""
    return figures.p99_ms <= BOUND_SECONDS * 1_000


async def _measure(texts: int) -> list[float]:
    async with running_suite(rows=ROWS) as loop:
        await prepare(loop)
        await _launch(loop)
        writers = [one.msisdn.removeprefix("+") for one in loop.customers if one.arm != HOLDOUT][:texts]
        for number in writers:
            await answer_by_mo(loop.control, [(number, EXTENSION, "free texts?")])
            await asyncio.sleep(PAUSE_SECONDS)

        async def all_answered() -> bool:
            return len(_seconds(loop, writers)) == len(writers)

        await until("every text to be answered", all_answered)
        return list(_seconds(loop, writers).values())


async def _launch(loop: Loop) -> None:
    """A campaign of the demo's arms, whose contacts wait for what they write."""
    arms = [{"name": arm, "segment_id": loop.segments[arm], "holdout": arm == HOLDOUT} for arm in ARMS]
    trigger = {
        "name": "uplink",
        "recipient": "12520*",
        "template": "Free this month: {link}",
        "unless_services": [SERVICE],
    }
    plan = {
        "name": "triggers",
        "arms": arms,
        "sender": SENDER,
        "link_target": LINK_TARGET,
        "window_days": 7,
        "conversion_services": [SERVICE],
        "triggers": [trigger],
    }
    loop.campaign_id = (await loop.operator.post("/api/v1/campaigns", plan))["id"]
    path = f"/api/v1/campaigns/{loop.campaign_id}"
    await loop.operator.post(f"{path}/submit")
    await loop.approver.post(f"{path}/approve")
    await loop.operator.post(f"{path}/launch")

    async def runs() -> bool:
        return bool((await loop.campaign())["state"] == "running")

    await until("the campaign to run", runs)


def _seconds(loop: Loop, writers: Sequence[str]) -> dict[str, float]:
    """By number, from the text that a handset wrote to the one that it got."""
    written: dict[str, float] = {}
    took: dict[str, float] = {}
    wanted = set(writers)
    for record in read_journal(loop.journal):
        if isinstance(record, Inbound) and record.source in wanted:
            written.setdefault(record.source, record.at)
        elif isinstance(record, Accepted) and record.destination in written:
            took.setdefault(record.destination, record.at - written[record.destination])
    return took


if __name__ == "__main__":
    sys.exit(not kept(main(*(int(argument) for argument in sys.argv[1:2]))))
