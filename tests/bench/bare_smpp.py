"""Measures the bare SMPP codec and link against the simulator, no database: the upper bound of durable sending.

Run ``python -m tests.bench.bare_smpp [MESSAGES] [WINDOW]``, or call ``measure`` from the bench. Starts its own
simulator process on a free port; must not touch a running suite.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import uvloop

from svc_channel.adapters.smpp_link import LinkSettings, SmppLink
from svc_channel.domain.smpp.pdus import REGISTERED_RECEIPT, SubmitSm
from svc_channel.domain.smpp.receipts import parse_receipt
from svc_channel.domain.text.segmentation import segment_text
from svc_channel.simulators.smsc.process import SmscProcess

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
    simulator_megabytes: float


def measure(messages: int = 50_000, window: int = 100) -> BareFigures:
    """Sends ``messages`` through one link and waits for the last receipt; raises TimeoutError after 120 s."""
    return uvloop.run(_measure(messages, window))


async def _measure(messages: int, window: int) -> BareFigures:
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        smsc = SmscProcess(Path(folder), password=os.urandom(4).hex())
        await smsc.start()
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                return await _run(smsc, messages, window)
        finally:
            await smsc.stop()


async def _run(smsc: SmscProcess, messages: int, window: int) -> BareFigures:
    settings = LinkSettings(
        host=smsc.host, port=smsc.port, system_id=smsc.system_id, password=smsc.password, window=window
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
    resident = psutil.Process(smsc.pid).memory_info().rss
    await link.unbind()
    return BareFigures(
        messages=messages,
        window=window,
        seconds=round(seconds, 3),
        messages_per_second=round(messages / seconds, 1),
        receipts=receipts,
        simulator_megabytes=round(resident / 2**20, 1),
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


if __name__ == "__main__":
    print(json.dumps(asdict(measure(*(int(argument) for argument in sys.argv[1:3])))))
