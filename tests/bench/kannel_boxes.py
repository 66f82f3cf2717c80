"""Kannel's boxes for benchmarks, on loopback and free ports; they must not outlive their block."""

import asyncio
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

PROGRAMS = ("bearerbox", "smsbox")
START_SECONDS = 20.0
# As many requests at once as Kannel answers without queueing in the kernel.
CONNECTIONS = 32
SECRET = "bench-of-one-run"

# log-level 4 writes panics alone: what Kannel logs is not what is measured.
CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {secret}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = *.*.*.*
log-level = 4
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = peer
host = 127.0.0.1
port = {port}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = CVM
reconnect-delay = 1
max-pending-submits = {window}

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 4

group = sendsms-user
username = tester
password = {secret}
max-messages = 10
"""


@asynccontextmanager
async def kannel(folder: Path, *, port: int, system_id: str, password: str, window: int) -> AsyncIterator[int]:
    """Kannel bound to the SMSC on ``port``; gives the port of sendsms. Raises RuntimeError when a box does not start."""
    admin, box, sendsms = free_ports(3)
    configuration = CONFIGURATION.format(
        admin=admin,
        box=box,
        sendsms=sendsms,
        port=port,
        system_id=system_id,
        password=password,
        window=window,
        secret=SECRET,
    )
    async with boxes(folder, configuration, dict(zip(PROGRAMS, (box, sendsms), strict=True))):
        yield sendsms


@asynccontextmanager
async def boxes(folder: Path, configuration: str, listening: Mapping[str, int]) -> AsyncIterator[None]:
    """The programs, one after the other once the one before listens on its port. Raises RuntimeError for one that does not."""
    file = folder / "kannel.conf"
    file.write_text(configuration, encoding="ascii")
    running: list[Process] = []
    try:
        for program, port in listening.items():
            running.append(await asyncio.create_subprocess_exec(program, str(file), stdout=DEVNULL, stderr=DEVNULL))
            await _until_listening(program, port)
        # Bound a moment after it listens; a message before that waits, and would be measured as slow.
        await asyncio.sleep(2)
        yield
    finally:
        for process in reversed(running):
            process.kill()
            await process.wait()


async def send_all(sendsms: int, messages: int, *, text: str, dlr_url: str = "") -> None:
    """One request a message over persistent connections. Raises RuntimeError for one that was not taken."""
    numbers = iter(range(messages))
    query = {"username": "tester", "password": SECRET, "from": "10086"}
    if dlr_url:
        query |= {"dlr-mask": "31", "dlr-url": dlr_url}

    async def send_some() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", sendsms)
        for number in numbers:
            said = urlencode(query | {"to": f"861380{number:07d}", "text": text.format(number, number * 7919)})
            writer.write(f"GET /cgi-bin/sendsms?{said} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("ascii"))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"Kannel did not take message {number}: {head[:40]!r}")
            lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]))
        writer.close()

    await asyncio.gather(*(send_some() for _ in range(CONNECTIONS)))


async def _until_listening(program: str, port: int) -> None:
    for _ in range(int(START_SECONDS * 10)):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError(f"{program} does not listen")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
