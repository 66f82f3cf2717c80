"""Measures the CMPP link against the simulated ISMG, reports included, with the specification's window of 16; no database.

Run ``python -m tests.bench.cmpp [MESSAGES] [WINDOW]``, or call ``measure`` from the bench. Starts its own simulator
process on a free port; must not touch a running suite.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_peer import CmppPeer
from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.adapters.line import Outgoing
from svc_channel.domain.submission import Answer
from svc_channel.simulators.ismg.process import IsmgProcess

# What the channels must hold on two cores.
LEAST_RATE = 10_000
WINDOW = 16
ROUNDS = 3
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 120.0
TEXT = "Dear customer {}: new arrivals for you, see http://10.0.0.1/r/{:012x} (reply 0 to stop)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CmppFigures:
    """One run: every message answered and its report read, matched by Msg_Id and responded to."""

    messages: int
    window: int
    seconds: float
    messages_per_second: float
    reports: int
    most_in_flight: int
    window_exceeded: int


def main() -> float:
    """Some rounds, shown as a table; the median of messages a second. Raises RuntimeError for a report that is missing."""
    figures = [measure() for _ in range(ROUNDS)]
    for one in figures:
        if one.reports != one.messages or one.window_exceeded or one.most_in_flight > WINDOW:
            raise RuntimeError(f"not every message had its report within the window: {one}")
    rates = [one.messages_per_second for one in figures]
    table = Table(title=f"{figures[0].messages:,} messages over CMPP 3.0, window {WINDOW}, reports matched")
    for heading in ("a second", "rounds", f"of its bound ({LEAST_RATE:,}/s)"):
        table.add_column(heading, justify="right")
    median = statistics.median(rates)
    table.add_row(f"{median:,.0f}", " ".join(f"{rate:,.0f}" for rate in rates), f"{median / LEAST_RATE:.2f}")
    Console(width=130).print(table)
    return median


def measure(messages: int = 50_000, window: int = WINDOW) -> CmppFigures:
    """Sends ``messages`` through one link and waits for the last report; raises TimeoutError after 120 s."""
    return uvloop.run(_measure(messages, window))


async def _measure(messages: int, window: int) -> CmppFigures:
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        options = ("--window", str(window), "--deliver-window", str(window))
        ismg = IsmgProcess(Path(folder), secret=os.urandom(8).hex(), options=options)
        await ismg.start()
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                return await _run(ismg, messages, window)
        finally:
            await ismg.stop()


async def _run(ismg: IsmgProcess, messages: int, window: int) -> CmppFigures:
    settings = CmppSettings(host=ismg.host, port=ismg.port, source=ismg.source, secret=ismg.secret, window=window)
    peer: CmppPeer[int] = CmppPeer("ismg", settings, now=lambda: datetime.now(UTC))
    link = await peer.open()
    most_in_flight = 0
    started = time.perf_counter()
    receiving = asyncio.create_task(_receive(link, messages))
    for number in range(messages):
        text = TEXT.format(number, number * 7919)
        whole = Outgoing(reference=number, channel="sms", source="10086", destination=f"861380{number:07d}", text=text)
        for part in peer.cut(whole):
            await link.submit(number, part)
        most_in_flight = max(most_in_flight, link.in_flight)
    reports = await receiving
    seconds = time.perf_counter() - started
    stats = await ismg.ask({"op": "stats"})
    await link.unbind()
    return CmppFigures(
        messages=messages,
        window=window,
        seconds=round(seconds, 3),
        messages_per_second=round(messages / seconds, 1),
        reports=reports,
        most_in_flight=most_in_flight,
        window_exceeded=int(stats.get("window_exceeded", 0)),
    )


async def _receive(link: CmppLink[int], messages: int) -> int:
    """Matches each report to the Msg_Id of its answer, as the service does with its tables."""
    open_ids: set[str] = set()
    reports = answers = 0
    while answers < messages or reports < messages:
        received = await link.receive()
        for answer in received.answers:
            if answer.answer is not Answer.ACCEPTED:
                raise RuntimeError(f"the simulator refused message {answer.token}: {answer.reason}")
            open_ids.add(answer.peer_id)
        answers += len(received.answers)
        for delivery in received.deliveries:
            if delivery.receipt is None:
                raise RuntimeError("the simulator sent what is no report")
            open_ids.remove(delivery.receipt.smsc_id)
        reports += len(received.deliveries)
        link.respond(received.deliveries)
    return reports


if __name__ == "__main__":
    print(json.dumps(asdict(measure(*(int(argument) for argument in sys.argv[1:3])))))
