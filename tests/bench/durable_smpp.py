"""Measures durable sending: launch to last receipt through the real service, PostgreSQL and SMPP simulator.

Run ``python -m tests.bench.durable_smpp [MESSAGES] [WINDOW]``, or call ``measure`` from the bench. Starts everything it
needs in processes of its own, PostgreSQL with its ordinary durability; must not touch a running suite.
"""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import psutil
import uvloop

from carillon.channel.v1 import message_pb2, message_pb2_grpc
from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream, open_channel
from carillon_chassis.errors import Unavailable
from carillon_chassis.testing.postgres import postgres_server
from svc_campaign.domain.message import Rendered
from svc_campaign.worker.channel_peer import write_messages
from svc_channel.simulators.smsc.process import SmscProcess
from tests.bench.channel_process import PASSWORD, SYSTEM_ID, channel_database, channel_service, cpu_seconds

BATCH_ROWS = 5_000
START_SECONDS = 30.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 300.0
POLL_SECONDS = 0.1
TEXT = "Dear customer {}: new arrivals for you, see http://10.0.0.1/r/{:012x} (reply 0 to stop)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableFigures:
    """One run: every message durable, sent, its receipt matched; CPU seconds of each process from launch to the end."""

    messages: int
    window: int
    take_seconds: float
    seconds: float
    messages_per_second: float
    receipts: int
    in_doubt: int
    service_cpu_seconds: float
    simulator_cpu_seconds: float
    postgres_cpu_seconds: float
    service_megabytes: float


class Numbers(subscriber_pb2_grpc.SubscriberServiceServicer):
    """Stands in for svc-segment: every subscriber has a number."""

    async def LookUpNumbers(
        self, request: subscriber_pb2.LookUpNumbersRequest, context: Any
    ) -> subscriber_pb2.LookUpNumbersResponse:
        """+86138 and the id."""
        return subscriber_pb2.LookUpNumbersResponse(
            entries=[
                subscriber_pb2.NumberEntry(msisdn=f"+86138{one:08d}", subscriber_id=one)
                for one in request.subscriber_ids
            ]
        )

    async def ResolveNumbers(
        self, request: subscriber_pb2.ResolveNumbersRequest, context: Any
    ) -> subscriber_pb2.ResolveNumbersResponse:
        """The way back."""
        return subscriber_pb2.ResolveNumbersResponse(
            entries=[
                subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=int(msisdn.removeprefix("+86138")))
                for msisdn in request.msisdns
            ]
        )

    async def LookUpBranches(
        self, request: subscriber_pb2.LookUpBranchesRequest, context: Any
    ) -> subscriber_pb2.LookUpBranchesResponse:
        """Nobody's branch is known."""
        return subscriber_pb2.LookUpBranchesResponse()

    async def EndLife(self, request: subscriber_pb2.EndLifeRequest, context: Any) -> subscriber_pb2.EndLifeResponse:
        """Nobody's number goes to somebody else here."""
        return subscriber_pb2.EndLifeResponse()

    async def GetSubscriber(
        self, request: subscriber_pb2.GetSubscriberRequest, context: Any
    ) -> subscriber_pb2.GetSubscriberResponse:
        """A subscriber without attributes."""
        return subscriber_pb2.GetSubscriberResponse(subscriber_id=request.subscriber_id)


def main(messages: int = 42_694, window: int = 100) -> DurableFigures:
    """Sends ``messages`` and waits for the last receipt; raises TimeoutError when that takes over 300 s."""
    return uvloop.run(_measure(messages, window))


@dataclass(frozen=True, slots=True)
class Running:
    """The service, its database and its SMSC, each in a process of its own; ``folder`` holds the sockets."""

    folder: Path
    database_url: str
    smsc: SmscProcess
    service: "subprocess.Popen[str]"


@contextlib.asynccontextmanager
async def running_service(window: int) -> AsyncIterator[Running]:
    """Everything a run needs, PostgreSQL with its ordinary durability; ended with the block."""
    folder = Path(tempfile.mkdtemp(prefix="cds"))
    smsc = SmscProcess(folder, password=PASSWORD, system_id=SYSTEM_ID)
    try:
        with postgres_server() as server:
            database_url = await channel_database(server.url)
            segment = await _segment(folder)
            await smsc.start()
            with channel_service(
                folder,
                database_url,
                smsc_port=smsc.port,
                peers=f"unix:{folder}/segment.sock",
                SUBMIT_WINDOW=str(window),
            ) as service:
                async with asyncio.timeout(TIME_LIMIT_SECONDS):
                    yield Running(folder, database_url, smsc, service)
            await segment.stop(0)
    finally:
        await smsc.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(messages: int, window: int) -> DurableFigures:
    async with running_service(window) as running:
        processes = (running.service.pid, running.smsc.pid)
        return await _send(running.folder, running.database_url, messages, window, processes)


async def _send(
    folder: Path, database_url: str, messages: int, window: int, processes: tuple[int, int]
) -> DurableFigures:
    service, simulator = processes
    channel = open_channel(f"unix:{folder}/channel.sock")
    stub = message_pb2_grpc.MessageServiceStub(channel)
    campaign_id = str(uuid4())
    await _started(stub, campaign_id)
    before = cpu_seconds(service), cpu_seconds(simulator), _postgres_cpu(database_url)
    started = time.perf_counter()
    taken = 0
    async for response in invoke_stream(stub.SubmitMessages, _batches(campaign_id, messages), timeout_seconds=120):
        taken += response.accepted
    take_seconds = time.perf_counter() - started
    if taken != messages:
        raise RuntimeError(f"{taken} of {messages} messages were taken")
    progress = await _ended(stub, campaign_id, messages)
    seconds = time.perf_counter() - started
    after = cpu_seconds(service), cpu_seconds(simulator), _postgres_cpu(database_url)
    await channel.close()
    return DurableFigures(
        messages=messages,
        window=window,
        take_seconds=round(take_seconds, 3),
        seconds=round(seconds, 3),
        messages_per_second=round(messages / seconds, 1),
        receipts=progress.receipts,
        in_doubt=progress.in_doubt,
        service_cpu_seconds=round(after[0] - before[0], 2),
        simulator_cpu_seconds=round(after[1] - before[1], 2),
        postgres_cpu_seconds=round(after[2] - before[2], 2),
        service_megabytes=round(psutil.Process(service).memory_info().rss / 2**20, 1),
    )


async def _batches(campaign_id: str, messages: int) -> AsyncIterator[message_pb2.SubmitMessagesRequest]:
    for number, first in enumerate(range(1, messages + 1, BATCH_ROWS), start=1):
        ids = range(first, min(first + BATCH_ROWS, messages + 1))
        yield write_batch(campaign_id, number, ids, [TEXT.format(one, one * 7919) for one in ids])


def write_batch(
    campaign_id: str, number: int, subscriber_ids: Sequence[int], texts: Sequence[str]
) -> message_pb2.SubmitMessagesRequest:
    """One batch of a campaign's texts, as svc-campaign hands it over."""
    return message_pb2.SubmitMessagesRequest(
        campaign_id=campaign_id,
        batch=number,
        sender="10086",
        arrow_ipc=write_messages(subscriber_ids, Rendered(texts=texts)),
    )


async def _started(stub: message_pb2_grpc.MessageServiceStub, campaign_id: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            await invoke(stub.GetProgress, message_pb2.GetProgressRequest(campaign_id=campaign_id), timeout_seconds=1)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            return


async def _ended(
    stub: message_pb2_grpc.MessageServiceStub, campaign_id: str, messages: int
) -> message_pb2.GetProgressResponse:
    while True:
        request = message_pb2.GetProgressRequest(campaign_id=campaign_id)
        progress = await invoke(stub.GetProgress, request, timeout_seconds=30)
        if progress.delivered + progress.failed == messages:
            return progress
        await asyncio.sleep(POLL_SECONDS)


async def _segment(folder: Path) -> grpc.aio.Server:
    server = grpc.aio.server()
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(Numbers(), server)
    server.add_insecure_port(f"unix:{folder}/segment.sock")
    await server.start()
    return server


def _postgres_cpu(database_url: str) -> float:
    """CPU seconds of the backends that serve the database now; the writers behind them are not in it."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    total = 0.0
    for process in psutil.process_iter(["name", "cmdline", "cpu_times"]):
        told = process.info
        if told["name"] == "postgres" and told["cpu_times"] and name in " ".join(told["cmdline"] or ()):
            total += told["cpu_times"].user + told["cpu_times"].system
    return total


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    sys.stdout.write(json.dumps(asdict(main(*given)), indent=2) + "\n")
