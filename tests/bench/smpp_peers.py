"""Measures SMPP beside Kannel in the same run: in memory against npm's smpp, and durable with receipts.

Run ``python -m tests.bench.smpp_peers [MESSAGES]``, or call ``main`` from the bench. A peer that is not installed is left
out and said so; must not touch a running suite.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from svc_channel.adapters.smpp_link import LinkSettings, SmppLink
from svc_channel.domain.smpp.pdus import SubmitSm
from svc_channel.simulators.smsc.process import SmscProcess
from tests.bench import durable_smpp
from tests.bench.kannel_boxes import PROGRAMS, kannel, send_all

MESSAGES = 20_000
WINDOW = 100
LEAST_IN_MEMORY = 10_000.0
LEAST_DURABLE = 4_500.0
TIME_LIMIT_SECONDS = 120.0
INSTALL_SECONDS = 60
PACKAGE = "smpp@0.5.1"
SCRIPT = Path(__file__).parent / "node_smsc.js"
TEXT = "Dear customer {}: new arrivals for you, see http://10.0.0.1/r/{:012x} (reply 0 to stop)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """Messages a second; None where the peer is not installed."""

    messages: int
    in_memory: float | None
    kannel_in_memory: float | None
    durable: float
    kannel_with_receipts: float | None

    def bounds(self) -> dict[str, bool]:
        """What is to be reached, and whether it was."""
        reached = {f"{LEAST_DURABLE:,.0f} durable messages a second": self.durable >= LEAST_DURABLE}
        if self.in_memory is not None:
            reached[f"{LEAST_IN_MEMORY:,.0f} submit_sm a second against npm's smpp"] = self.in_memory >= LEAST_IN_MEMORY
        return reached


def measure(messages: int = MESSAGES) -> PeerFigures:
    """All four, one after the other."""
    with tempfile.TemporaryDirectory(prefix="carillon-peers-") as place:
        folder = Path(place)
        modules = _node_modules(folder)
        has_kannel = all(shutil.which(program) for program in PROGRAMS)
        in_memory = uvloop.run(_ours_in_memory(folder, modules, messages)) if modules else None
        kannel_in_memory = uvloop.run(_kannel_in_memory(folder, modules, messages)) if modules and has_kannel else None
        kannel_receipts = uvloop.run(_kannel_with_receipts(folder, messages)) if has_kannel else None
    durable = durable_smpp.main(messages=messages, window=WINDOW)
    if durable.receipts != messages:
        raise RuntimeError(f"{durable.receipts:,} of {messages:,} receipts were matched")
    return PeerFigures(
        messages=messages,
        in_memory=in_memory,
        kannel_in_memory=kannel_in_memory,
        durable=durable.messages_per_second,
        kannel_with_receipts=kannel_receipts,
    )


def _node_modules(folder: Path) -> Path | None:
    """The package from the registry, or None where it can't be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    command = ["npm", "install", "--prefix", str(folder), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        npm = subprocess.run([*command, PACKAGE], capture_output=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return folder / "node_modules" if npm.returncode == 0 else None


@asynccontextmanager
async def _node_smsc(modules: Path, target: int) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """The counting SMSC: its port, and what it says."""
    node = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), str(target), stdout=PIPE, env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/bin"}
    )
    assert node.stdout is not None
    try:
        yield json.loads(await node.stdout.readline())["port"], node.stdout
    finally:
        node.kill()
        await node.wait()


async def _ours_in_memory(folder: Path, modules: Path, messages: int) -> float:
    async with asyncio.timeout(TIME_LIMIT_SECONDS), _node_smsc(modules, messages) as (port, _):
        settings = LinkSettings(host="127.0.0.1", port=port, system_id="bench", password="bench", window=WINDOW)
        link: SmppLink[int] = await SmppLink.connect(settings)
        started = time.perf_counter()
        receiving = asyncio.create_task(_answers(link, messages))
        for number in range(messages):
            text = TEXT.format(number, number * 7919).encode("ascii")
            await link.submit(number, SubmitSm(source="10086", destination=f"861380{number:07d}", short_message=text))
        await receiving
        seconds = time.perf_counter() - started
        await link.unbind()
    return messages / seconds


async def _answers(link: SmppLink[int], messages: int) -> None:
    answered = 0
    while answered < messages:
        received = await link.receive()
        if not all(answer.accepted for answer in received.answers):
            raise RuntimeError("npm's smpp refused a message")
        answered += len(received.answers)


async def _kannel_in_memory(folder: Path, modules: Path, messages: int) -> float:
    async with (
        asyncio.timeout(TIME_LIMIT_SECONDS),
        _node_smsc(modules, messages) as (port, said),
        kannel(folder, port=port, system_id="bench", password="bench", window=WINDOW) as sendsms,
    ):
        started = time.perf_counter()
        await send_all(sendsms, messages, text=TEXT)
        await said.readline()
        return messages / (time.perf_counter() - started)


async def _kannel_with_receipts(folder: Path, messages: int) -> float:
    """From the first request to the last callback that says delivered; the simulator is the one of the durable run."""
    smsc = SmscProcess(folder, password="bench-pw")
    await smsc.start()
    called = asyncio.Event()
    delivered: set[str] = set()

    async def take_callbacks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode("ascii")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                if "state=1&" in path:
                    delivered.add(path.rpartition("to=")[2])
                if len(delivered) == messages:
                    called.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(take_callbacks, "127.0.0.1", 0)
    callback = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/dlr?state=%d&to=%p"
    try:
        async with (
            asyncio.timeout(TIME_LIMIT_SECONDS),
            kannel(folder, port=smsc.port, system_id=smsc.system_id, password=smsc.password, window=WINDOW) as sendsms,
        ):
            started = time.perf_counter()
            await send_all(sendsms, messages, text=TEXT, dlr_url=callback)
            await called.wait()
            return messages / (time.perf_counter() - started)
    finally:
        server.close()
        await smsc.stop()


def render(figures: PeerFigures) -> Table:
    """Ours beside Kannel's."""
    table = Table(title=f"{figures.messages:,} messages over SMPP, window {WINDOW}, a second")
    for heading, side in (("", "left"), ("ours", "right"), ("Kannel", "right"), ("bound", "right")):
        table.add_column(heading, justify="left" if side == "left" else "right")
    rows = (
        ("in memory, against npm's smpp", figures.in_memory, figures.kannel_in_memory, LEAST_IN_MEMORY),
        (
            "with receipts: ours durable, Kannel's by callbacks",
            figures.durable,
            figures.kannel_with_receipts,
            LEAST_DURABLE,
        ),
    )
    for name, ours, theirs, bound in rows:
        told = ["not installed" if rate is None else f"{rate:,.0f}" for rate in (ours, theirs)]
        table.add_row(name, *told, f"{bound:,.0f}")
    return table


def main(messages: int = MESSAGES) -> PeerFigures:
    """Measures and prints."""
    figures = measure(messages)
    Console(width=130).print(render(figures))
    return figures


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
