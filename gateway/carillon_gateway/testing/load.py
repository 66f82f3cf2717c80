"""Measures the gateway alone: its own process against stand-ins, by wall clock and by CPU a request; bounded.

``python -m carillon_gateway.testing.load [requests] [connections]`` prints one line an operation. The CPU column is what
one core can do at most, whatever else the machine is busy with.
"""

import asyncio
import json
import logging
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import httptools
import psutil
import uvloop

from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from carillon_gateway import migrations
from carillon_gateway.testing.campaigns import LINK_TOKEN
from carillon_gateway.testing.suite import stand_ins

REQUESTS = 4000
CONNECTIONS = 16
START_SECONDS = 30.0
CREDENTIALS = [
    {"role": "portal", "branch": "guangzhou", "client_id": "load", "client_secret": "a-secret-for-measuring"},
]
ORDER = {
    "msisdn": "+8613800138000",
    "service": "crbt",
    "amount": {"amount_fen": 2999},
    "source": {"touchpoint": "portal"},
}
EVENT = {"msisdn": "+8613800138000", "type": "site_visit", "at": "2026-11-21T12:00:00Z", "attributes": {"page": "/"}}
EVENTS_A_CALL = 100


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection that sends one request at a time; a client library would cost more than the gateway."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parses what came."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Gathers the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answers who waits."""
        if self._answer is not None:
            self._answer.set_result((self._parser.get_status_code(), self._body))
        self._parser = httptools.HttpResponseParser(self)

    async def ask(
        self, method: str, path: str, *, token: str = "", body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of one request."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._body, self._answer = b"", asyncio.get_running_loop().create_future()
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        if token:
            head += f"authorization: Bearer {token}\r\n"
        self._transport.write(head.encode() + b"\r\n" + body)
        return await self._answer


Step = Callable[[Connection, str], Awaitable[int]]


async def order(connection: Connection, token: str) -> int:
    """Places an order and confirms it: two requests."""
    status, placed = await connection.ask("POST", "/api/v1/orders", token=token, body=json.dumps(ORDER).encode())
    check(status, 201)
    path = f"/api/v1/orders/{json.loads(placed)['id']}/confirm"
    check((await connection.ask("POST", path, token=token))[0], 200)
    return 2


async def click(connection: Connection, _: str) -> int:
    """Follows a tracked link."""
    check((await connection.ask("GET", f"/r/{LINK_TOKEN}"))[0], 302)
    return 1


async def event(connection: Connection, token: str) -> int:
    """Tells one event."""
    check((await connection.ask("POST", "/api/v1/events", token=token, body=json.dumps([EVENT]).encode()))[0], 202)
    return 1


async def events(connection: Connection, token: str) -> int:
    """Tells a hundred events in one call."""
    body = json.dumps([EVENT] * EVENTS_A_CALL).encode()
    check((await connection.ask("POST", "/api/v1/events", token=token, body=body))[0], 202)
    return 1


async def sign_in(connection: Connection, _: str) -> int:
    """Gets a token."""
    form = b"grant_type=client_credentials&client_id=load&client_secret=a-secret-for-measuring"
    status, _body = await connection.ask("POST", "/oauth2/token", body=form, kind="application/x-www-form-urlencoded")
    check(status, 200)
    return 1


STEPS: tuple[Step, ...] = (order, click, event, events, sign_in)


def check(status: int, expected: int) -> None:
    """Ends the measurement at the first wrong answer."""
    if status != expected:
        raise SystemExit(f"answered {status}, expected {expected}")


async def measure(step: Step, port: int, token: str, gateway: psutil.Process, requests: int, connections: int) -> None:
    """Runs one step over all connections and prints its figures."""
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)]
    done, latencies = 0, []

    async def work(connection: Connection) -> None:
        nonlocal done
        while done < requests:
            started = time.perf_counter()
            # In two steps: the other connections count on while this one waits.
            answered = await step(connection, token)
            done += answered
            latencies.append(time.perf_counter() - started)

    before, started = sum(gateway.cpu_times()[:2]), time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in opened))
    elapsed, burnt = time.perf_counter() - started, sum(gateway.cpu_times()[:2]) - before
    latencies.sort()
    median, late = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
    sys.stdout.write(
        f"{step.__name__:8} {done:6} requests {done / elapsed:7.0f}/s wall {done / burnt:7.0f}/s a core"
        f" {burnt / done * 1e6:6.0f} us CPU  p50 {median:6.1f} ms  p99 {late:6.1f} ms\n"
    )


async def run(requests: int, connections: int) -> None:
    """Starts database, stand-ins and gateway, measures each step, and ends them."""
    with postgres_server() as postgres, tempfile.TemporaryDirectory() as folder:
        port = 18_080
        await migrate(postgres.url, migrations.__path__[0])
        async with stand_ins() as services:
            path = Path(folder) / "credentials.json"
            path.write_text(json.dumps(CREDENTIALS))
            environment = os.environ | {
                f"CARILLON_GATEWAY_{name}_ADDRESS": services.address
                for name in ("CATALOG", "SEGMENT", "CAMPAIGN", "REWARD", "CHANNEL")
            }
            environment |= {
                "CARILLON_GATEWAY_DATABASE_URL": postgres.url,
                "CARILLON_GATEWAY_TOKEN_KEY": secrets.token_urlsafe(48),
                "CARILLON_GATEWAY_PORT": str(port),
                "CARILLON_GATEWAY_REQUESTS_PER_SECOND": "1000000",
            }
            command = (sys.executable, "-m", "carillon_gateway")
            seeding = await asyncio.create_subprocess_exec(*command, "seed", "--file", str(path), env=environment)
            check(await seeding.wait(), 0)
            with (Path(folder) / "log").open("wb") as log:
                gateway = await asyncio.create_subprocess_exec(*command, env=environment, stderr=log)
            try:
                token = await sign_in_first(port)
                for step in STEPS:
                    await measure(step, port, token, psutil.Process(gateway.pid), requests, connections)
            finally:
                gateway.terminate()
                await gateway.wait()


async def sign_in_first(port: int) -> str:
    """A token, as soon as the gateway answers."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            form = b"grant_type=client_credentials&client_id=load&client_secret=a-secret-for-measuring"
            kind = "application/x-www-form-urlencoded"
            status, body = await connection.ask("POST", "/oauth2/token", body=form, kind=kind)
            check(status, 200)
            return str(json.loads(body)["access_token"])


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    given = [int(argument) for argument in sys.argv[1:]]
    uvloop.run(run(*(given + [REQUESTS, CONNECTIONS][len(given) :])))
