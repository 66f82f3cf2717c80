"""Measures lines over HTTP: PAP over one connection to Kannel's wapbox, and MM7 with 30 KB to the MMSC simulator.

Run ``python -m tests.bench.push_lines``, or call ``main`` from the bench. Everything listens on loopback and free ports;
without Kannel there is no figure for PAP. Neither has a database: durable sending is another row.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from carillon_chassis.clock import SystemClock
from svc_channel.adapters.http_line import Exchange, HttpPeer, HttpSettings
from svc_channel.adapters.line import Outgoing
from svc_channel.adapters.mm7_exchange import Mm7Exchange, Mm7Settings
from svc_channel.adapters.pap_exchange import PapExchange, PapSettings
from svc_channel.domain.mms import content as mms
from svc_channel.domain.mms.resources import Rendition
from svc_channel.domain.submission import Answer
from svc_channel.domain.wap import carriage
from svc_channel.domain.wap.indications import ServiceIndication
from svc_channel.simulators.smsc.process import SmscProcess
from tests.bench.kannel_boxes import SECRET, boxes, free_ports

LEAST_PUSHES = 300.0
LEAST_MULTIMEDIA = 100.0
PUSHES = 3_000
MULTIMEDIA = 1_000
PICTURE_OCTETS = 30 * 1024
START_SECONDS = 20.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 120.0

# log-level 4 writes panics alone: what Kannel logs is not what is measured.
CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {secret}
wapbox-port = {box}
smsbox-port = {sms}
wdp-interface-name = "127.0.0.1"
box-allow-ip = 127.0.0.1
box-deny-ip = *.*.*.*
log-level = 4

group = smsc
smsc = smpp
smsc-id = peer
host = 127.0.0.1
port = {port}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = CVM

group = smsbox
bearerbox-host = 127.0.0.1

group = sms-service
keyword = default
max-messages = 0

group = wapbox
bearerbox-host = 127.0.0.1
log-level = 4

group = ppg
ppg-url = /wappush
ppg-port = {push}
ppg-allow-ip = 127.0.0.1
concurrent-pushes = 100
users = 1
service-name = ppg
global-sender = 10086

group = wap-push-user
wap-push-user = carillon
ppg-username = carillon
ppg-password = {secret}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """What each line did a second; ``pushes`` is None without Kannel."""

    pushes: float | None
    multimedia: float

    def bounds(self) -> dict[str, bool]:
        """Which of the bounds are reached."""
        reached = {f"{LEAST_MULTIMEDIA:.0f} multimedia messages of 30 KB a second": self.multimedia >= LEAST_MULTIMEDIA}
        if self.pushes is not None:
            reached[f"{LEAST_PUSHES:.0f} pushes a second over one connection to Kannel"] = self.pushes >= LEAST_PUSHES
        return reached


def main(pushes: int = PUSHES, multimedia: int = MULTIMEDIA) -> LineFigures:
    """Both lines, one after the other, as a table."""
    figures = LineFigures(
        pushes=uvloop.run(_measure_pushes(pushes)) if shutil.which("wapbox") else None,
        multimedia=uvloop.run(_measure_multimedia(multimedia)),
    )
    table = Table(title="Lines over HTTP, one connection each, without a database")
    for heading in ("line", "messages", "a second", "of its bound"):
        table.add_column(heading, justify="left" if heading == "line" else "right")
    rows = (
        ("PAP to Kannel's wapbox", pushes, figures.pushes, LEAST_PUSHES),
        ("MM7 with 30 KB to the MMSC simulator", multimedia, figures.multimedia, LEAST_MULTIMEDIA),
    )
    for name, messages, rate, bound in rows:
        said = ("Kannel is not installed", "-") if rate is None else (f"{rate:,.0f}", f"{rate / bound:.2f}")
        table.add_row(name, f"{messages:,}", *said)
    Console(width=100).print(table)
    return figures


async def _measure_pushes(messages: int) -> float:
    offer = ServiceIndication(href="http://www.example.com/tones/0001", text="试听彩铃", si_id="1@carillon")
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        smsc = SmscProcess(Path(folder), password=os.urandom(4).hex())
        await smsc.start()
        try:
            async with _kannel(Path(folder), smsc) as push:
                url = f"http://127.0.0.1:{push}/wappush"
                exchange = PapExchange(PapSettings(url=url, user="carillon", password=SECRET))
                return await _send(url, exchange, "wap_push", carriage.write_content(offer), messages)
        finally:
            await smsc.stop()


async def _measure_multimedia(messages: int) -> float:
    picture = Rendition(resource="tones", slot=1, media_type="image/jpeg", octets=os.urandom(PICTURE_OCTETS))

    async def library(resource: str) -> Sequence[Rendition]:
        return [picture]

    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        command = ("-m", "svc_channel.simulators.mmsc", "--port", "0", "--journal", f"{folder}/journal.jsonl")
        environment = {**os.environ, "CARILLON_MMSC_PASSWORD": SECRET}
        center = await asyncio.create_subprocess_exec(sys.executable, *command, env=environment, stdout=PIPE)
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = (await center.stdout.readline()).decode() if center.stdout else ""
            url = f"http://127.0.0.1:{ready.strip().rpartition(':')[2]}/mm7"
            settings = Mm7Settings(url=url, user="carillon", password=SECRET, vasp_id="carillon", vas_id="bench")
            exchange = Mm7Exchange(settings, library, SystemClock())
            content = mms.write_content(mms.MmsContent(resource="tones", subject="彩铃"))
            return await _send(url, exchange, "mms", content, messages)
        finally:
            center.terminate()
            await center.wait()


async def _send(url: str, exchange: Exchange, channel: str, content: bytes, messages: int) -> float:
    """Messages a second over one connection, each accepted. Raises RuntimeError for one that was not."""
    peer: HttpPeer[int] = HttpPeer(HttpSettings(name="bench", url=url, window=1), exchange)
    line = await peer.open()

    async def receive() -> None:
        answered = 0
        while answered < messages:
            for answer in (await line.receive()).answers:
                if answer.answer is not Answer.ACCEPTED:
                    raise RuntimeError(f"message {answer.token} was not taken: {answer.reason}")
                answered += 1

    async with asyncio.timeout(TIME_LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        started = time.perf_counter()
        receiving = tasks.create_task(receive())
        for number in range(messages):
            whole = Outgoing(
                reference=number,
                channel=channel,
                source="10086",
                destination=f"861380{number:07d}",
                text="",
                content=content,
            )
            for part in peer.cut(whole):
                await line.submit(number, part)
        await receiving
        seconds = time.perf_counter() - started
        await line.unbind(drain_seconds=1)
    return messages / seconds


@asynccontextmanager
async def _kannel(folder: Path, smsc: SmscProcess) -> AsyncIterator[int]:
    """Bearerbox and wapbox bound to the SMSC; gives the port of the push proxy."""
    admin, box, sms, push = free_ports(4)
    ports = {"admin": admin, "box": box, "sms": sms, "push": push, "port": smsc.port}
    configuration = CONFIGURATION.format(**ports, system_id=smsc.system_id, password=smsc.password, secret=SECRET)
    async with boxes(folder, configuration, {"bearerbox": box, "wapbox": push}):
        yield push


if __name__ == "__main__":
    sys.exit(0 if all(main().bounds().values()) else 1)
