"""Measures the bare SMPP codec and link against the simulator, no database: the upper bound of durable sending.

Run ``python tests/bench/bare_smpp.py [MESSAGES] [WINDOW]``, or call ``measure`` from the bench. Starts its own
simulator process on a free port; must not touch a running suite.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import uvloop

from svc_channel.adapters.smpp_link import LinkSettings, SmppLink
from svc_channel.domain.smpp.pdus import REGISTERED_RECEIPT, SubmitSm
from svc_channel.domain.smpp.receipts import parse_receipt
from svc_channel.domain.text.segmentation import segment_text
from svc_channel.simulators.smsc.settings import PASSWORD_VARIABLE

SYSTEM_ID = "bench"
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 120.0
TEXT = "Dear customer {}: new arrivals for you, see http://10.0.0.1/r/{:012x} (reply 0 to stop)"


@dataclass(frozen=True, slots=True, kw_only=True)
class BareFigures:
    """One run: every message answered and its receipt read and responded to."""

    messages: int
    window: int
    seconds: float
    messages_per_second: float
    receipts: int
    simulator_peak_megabytes: float


def measure(messages: int = 50_000, window: int = 100) -> BareFigures:
    """Sends ``messages`` through one link and waits for the last receipt; raises TimeoutError after 120 s."""
    return uvloop.run(_measure(messages, window))


async def _measure(messages: int, window: int) -> BareFigures:
    async with _simulator() as (process, port, password), asyncio.timeout(TIME_LIMIT_SECONDS):
        settings = LinkSettings(
            host="127.0.0.1", port=port, system_id=SYSTEM_ID, password=password, window=window, enquire_link_seconds=10
        )
        link: SmppLink[int] = await SmppLink.connect(settings)
        started = time.perf_counter()
        receiving = asyncio.create_task(_receive(link, messages))
        for number in range(messages):
            segment = segment_text(TEXT.format(number, number * 7919), reference=0)[0]
            await link.submit(
                number,
                SubmitSm(
                    source="10086",
                    destination=f"861380{number:07d}",
                    short_message=segment.short_message,
                    data_coding=segment.data_coding,
                    registered_delivery=REGISTERED_RECEIPT,
                ),
            )
        receipts = await receiving
        seconds = time.perf_counter() - started
        peak = _peak_megabytes(process.pid)
        await link.unbind()
    return BareFigures(
        messages=messages,
        window=window,
        seconds=round(seconds, 3),
        messages_per_second=round(messages / seconds, 1),
        receipts=receipts,
        simulator_peak_megabytes=peak,
    )


async def _receive(link: SmppLink[int], messages: int) -> int:
    """Matches each receipt to the id of its answer, as the service does with its tables."""
    open_ids: set[str] = set()
    receipts = answers = 0
    while answers < messages or receipts < messages:
        received = await link.receive()
        for answer in received.answers:
            if not answer.accepted:
                raise RuntimeError(f"the simulator refused message {answer.token}: {answer.status}")
            open_ids.add(answer.message_id)
        answers += len(received.answers)
        for delivery in received.deliveries:
            open_ids.remove(parse_receipt(delivery.message).message_id)
        receipts += len(received.deliveries)
        link.respond(received.deliveries)
    return receipts


@contextlib.asynccontextmanager
async def _simulator() -> AsyncIterator[tuple[subprocess.Popen[str], int, str]]:
    password = os.urandom(4).hex()
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        command = [sys.executable, "-m", "svc_channel.simulators.smsc", "--port", "0", "--system-id", SYSTEM_ID]
        process = subprocess.Popen(  # noqa: ASYNC220  its start is not measured
            [*command, "--journal", str(Path(folder) / "journal.jsonl")],
            env={**os.environ, PASSWORD_VARIABLE: password},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready = await asyncio.to_thread(process.stdout.readline)
            yield process, int(ready.rpartition(":")[2]), password
        finally:
            process.terminate()
            process.wait(timeout=10)


def _peak_megabytes(pid: int) -> float:
    return round(psutil.Process(pid).memory_info().rss / 2**20, 1)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(*(int(argument) for argument in sys.argv[1:3])))))
