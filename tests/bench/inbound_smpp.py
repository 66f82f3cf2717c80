"""Measures what subscribers write: from the first deliver_sm to the last acknowledgement, each after its commit.

Run ``python -m tests.bench.inbound_smpp [MESSAGES]``, or call ``main`` from the bench; must not touch a running suite.
"""

import asyncio
import sys
import time

import asyncpg
import uvloop
from rich.console import Console

from svc_channel.simulators.smsc.process import SmscProcess
from tests.bench.durable_smpp import running_service

MESSAGES = 20_000
LEAST_RATE = 5_000.0
# One line on the control socket holds this many.
CHUNK = 5_000
POLL_SECONDS = 0.05
WINDOW = 100


def main(messages: int = MESSAGES) -> float:
    """Messages a second, kept and acknowledged; prints them. Raises RuntimeError when one is missing."""
    rate = uvloop.run(_measure(messages))
    console = Console(width=130)
    console.print(
        f"{messages:,} inbound messages, each acknowledged after its commit: {rate:,.0f} a second ({LEAST_RATE:,.0f})"
    )
    return rate


async def _measure(messages: int) -> float:
    async with running_service(WINDOW) as running:
        while not (await running.smsc.ask({"op": "stats"}))["receivers"]:
            await asyncio.sleep(POLL_SECONDS)
        started = time.perf_counter()
        for first in range(0, messages, CHUNK):
            await running.smsc.ask({"op": "mo", "messages": _texts(first, min(CHUNK, messages - first))})
        await _acknowledged(running.smsc, messages)
        seconds = time.perf_counter() - started
        connection = await asyncpg.connect(running.database_url)
        kept = int(await connection.fetchval("SELECT count(DISTINCT text) FROM inbound"))
        await connection.close()
    if kept != messages:
        raise RuntimeError(f"{kept:,} of {messages:,} messages were kept")
    return messages / seconds


def _texts(first: int, count: int) -> list[dict[str, str]]:
    return [
        {"from": f"86138{number + 1:08d}", "to": "10086", "text": f"I take offer {number}"}
        for number in range(first, first + count)
    ]


async def _acknowledged(smsc: SmscProcess, messages: int) -> None:
    while (await smsc.ask({"op": "stats"}))["inbound_acknowledged"] < messages:
        await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
