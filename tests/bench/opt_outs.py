"""Measures how soon an opt-out blocks: from the word at the SMSC to the last marketing it took for that number, under bulk.

Run ``python -m tests.bench.opt_outs [NUMBERS]``, or call ``main`` from the bench; must not touch a running suite.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import uvloop
from rich.console import Console

from carillon.channel.v1 import message_pb2, message_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream, open_channel
from svc_channel.simulators.messages.journal import Accepted, Inbound, read_journal
from svc_channel.simulators.smsc.process import SmscProcess
from tests.bench.durable_smpp import BATCH_ROWS, POLL_SECONDS, Running, running_service, write_batch

NUMBERS = 500
# Enough of a backlog to each number that bulk goes on for seconds after its word.
MESSAGES_EACH = 60
MOST_SECONDS = 1.0
WINDOW = 100
TEXT = "New arrivals for you"
WORD = "TD"
# So many write at once, while bulk goes out.
WRITERS_AT_ONCE = 10
SEED = 20_261_122


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutFigures:
    """Seconds from a word to the last marketing that the SMSC took for its number; ``sent`` of ``queued`` went out."""

    numbers: int
    queued: int
    sent: int
    middle: float
    p99: float
    longest: float


def measure(numbers: int = NUMBERS) -> OptOutFigures:
    """Everybody opts out while bulk to everybody goes out. Raises RuntimeError when it went out before all had written."""
    return uvloop.run(_measure(numbers))


async def _measure(numbers: int) -> OptOutFigures:
    async with running_service(WINDOW) as running:
        while not (await running.smsc.ask({"op": "stats"}))["receivers"]:
            await asyncio.sleep(POLL_SECONDS)
        channel = open_channel(f"unix:{running.folder}/channel.sock")
        stub = message_pb2_grpc.MessageServiceStub(channel)
        campaign_id, queued = str(uuid4()), numbers * MESSAGES_EACH
        await _queue(stub, campaign_id, numbers)
        await _write(running.smsc, numbers)
        ended = 0
        while ended < queued:
            await asyncio.sleep(POLL_SECONDS)
            request = message_pb2.GetProgressRequest(campaign_id=campaign_id)
            progress = await invoke(stub.GetProgress, request, timeout_seconds=30)
            ended = progress.delivered + progress.failed
        await channel.close()
        delays = _delays(running)
    if len(delays) < numbers or progress.delivered >= queued:
        raise RuntimeError(f"{len(delays):,} of {numbers:,} opted out, {progress.delivered:,} of {queued:,} were sent")
    return OptOutFigures(
        numbers=numbers,
        queued=queued,
        sent=progress.delivered,
        middle=delays[len(delays) // 2],
        p99=delays[int(len(delays) * 0.99)],
        longest=delays[-1],
    )


async def _queue(stub: message_pb2_grpc.MessageServiceStub, campaign_id: str, numbers: int) -> None:
    """Everybody's messages, mixed, so that each number is written to all the time."""
    ids = [one for one in range(1, numbers + 1) for _ in range(MESSAGES_EACH)]
    random.Random(SEED).shuffle(ids)
    requests = []
    for number, first in enumerate(range(0, len(ids), BATCH_ROWS), start=1):
        rows = ids[first : first + BATCH_ROWS]
        requests.append(write_batch(campaign_id, number, rows, [TEXT] * len(rows)))

    async def stream() -> AsyncIterator[message_pb2.SubmitMessagesRequest]:
        for request in requests:
            yield request

    async for _ in invoke_stream(stub.SubmitMessages, stream(), timeout_seconds=120):
        pass


async def _write(smsc: SmscProcess, numbers: int) -> None:
    """The words, some at a time."""
    for first in range(1, numbers + 1, WRITERS_AT_ONCE):
        writers = range(first, min(first + WRITERS_AT_ONCE, numbers + 1))
        messages = [{"from": f"86138{one:08d}", "to": "10086", "text": WORD} for one in writers]
        await smsc.ask({"op": "mo", "messages": messages})


def _delays(running: Running) -> list[float]:
    """By the SMSC's own clock and journal, the shortest first; 0 where nothing went after the word."""
    written: dict[str, float] = {}
    last: dict[str, float] = {}
    for record in read_journal(running.smsc.journal):
        if isinstance(record, Inbound):
            written[record.source] = record.at
        elif isinstance(record, Accepted) and record.decoded.text == TEXT:
            last[record.destination] = max(record.at, last.get(record.destination, 0.0))
    return sorted(max(last.get(number, 0.0) - at, 0.0) for number, at in written.items())


def main(numbers: int = NUMBERS) -> OptOutFigures:
    """Measures and prints."""
    figures = measure(numbers)
    Console(width=130).print(
        f"{figures.numbers:,} opt-outs under bulk ({figures.sent:,} of {figures.queued:,} went out): the last message to a"
        f" number left {figures.middle:.3f} s after its word in the middle, {figures.p99:.3f} s at p99 ({MOST_SECONDS:.0f}"
        f" s), {figures.longest:.3f} s at most"
    )
    return figures


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
