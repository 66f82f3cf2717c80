"""svc-channel and everything it stands on, for one test: database, numbers, SMSC, and the calls that tests make."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import grpc
import pyarrow as pa
from google.protobuf.message import Message

from carillon.channel.v1 import facts_pb2, message_pb2, message_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream, open_channel
from carillon_chassis.database import Database
from svc_channel.settings import Settings

from .processes import PASSWORD, SYSTEM_ID, ServiceProcess, Smsc
from .segment import Segment

FactT = TypeVar("FactT", bound=Message)

# Generous: the machine that runs the tests may be busy.
PATIENCE_SECONDS = 60.0


def new_campaign() -> str:
    """The id of a campaign nobody has sent for."""
    return str(uuid4())


def arrow(rows: Sequence[tuple[int, str]]) -> bytes:
    """Rows as one Arrow IPC stream of the columns that the protocol names."""
    ids = pa.array([subscriber_id for subscriber_id, _ in rows], pa.uint32())
    return ipc(pa.table({"subscriber_id": ids, "text": pa.array([text for _, text in rows], pa.string())}))


def ipc(table: pa.Table) -> bytes:
    """A table as one Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def request(
    campaign_id: str, rows: Sequence[tuple[int, str]] = (), *, batch: int = 1, **overrides: Any
) -> message_pb2.SubmitMessagesRequest:
    """A batch from 10086."""
    fields = {"campaign_id": campaign_id, "batch": batch, "sender": "10086", "arrow_ipc": arrow(rows), **overrides}
    return message_pb2.SubmitMessagesRequest(**fields)


@dataclass
class House:
    """One test's world."""

    database: Database
    folder: Path
    segment: Segment
    smsc: Smsc

    @property
    def segment_address(self) -> str:
        """Where the numbers are."""
        return f"unix:{self.folder}/segment.sock"

    def settings(self, **overrides: Any) -> Settings:
        """Settings of a service in this process."""
        return Settings(
            **{
                "database_url": self.database.url,
                "listen": "unix:unused",
                "data_dir": self.folder,
                "segment_address": self.segment_address,
                "smsc_port": self.smsc.port or 1,
                "smsc_system_id": SYSTEM_ID,
                "smsc_password": PASSWORD,
                # The simulator gives its receipts at once: where none comes, nothing was taken.
                "doubt_policy_marketing": "resend",
                **overrides,
            }
        )

    def process(self, **overrides: str) -> ServiceProcess:
        """A service in a process of its own, not started yet."""
        address = f"unix:{self.folder}/channel.sock"
        settings = {
            "DATABASE_URL": self.database.url,
            "LISTEN": address,
            "DATA_DIR": str(self.folder),
            "SEGMENT_ADDRESS": self.segment_address,
            "SMSC_PORT": str(self.smsc.port),
            "SMSC_SYSTEM_ID": SYSTEM_ID,
            "SMSC_PASSWORD": PASSWORD,
            "DOUBT_POLICY_MARKETING": "resend",
            **overrides,
        }
        environment = {f"CARILLON_CHANNEL_{name}": value for name, value in settings.items()}
        return ServiceProcess(address=address, environment=environment)

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows straight from the database."""
        async with self.database.read() as unit:
            return [dict(row) for row in await unit.driver.fetch(query, *arguments)]

    async def facts(self, kind: type[FactT]) -> list[FactT]:
        """Every fact of a kind told so far, in order."""
        query = "SELECT body FROM outbox WHERE type = $1 ORDER BY transaction, sequence"
        rows = await self.fetch(query, kind.DESCRIPTOR.full_name)
        return [kind.FromString(row["body"]) for row in rows]

    async def ended(self, campaign_id: str) -> tuple[list[int], dict[int, str]]:
        """Whom MessagesEnded told as delivered and as failed (with reason), repeats included."""
        delivered: list[int] = []
        failed: dict[int, str] = {}
        for fact in await self.facts(facts_pb2.MessagesEnded):
            if fact.campaign_id == campaign_id:
                delivered += fact.delivered
                failed |= {message.subscriber_id: message.reason for message in fact.failed}
        return sorted(delivered), failed


class Client:
    """Calls MessageService as svc-campaign does."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self._stub = message_pb2_grpc.MessageServiceStub(channel)

    async def submit(self, *requests: message_pb2.SubmitMessagesRequest) -> list[message_pb2.SubmitMessagesResponse]:
        """Sends batches in one stream."""

        async def stream() -> Any:
            for one in requests:
                yield one

        return [answer async for answer in invoke_stream(self._stub.SubmitMessages, stream(), timeout_seconds=60)]

    async def progress(self, campaign_id: str) -> message_pb2.GetProgressResponse:
        """Counts by state."""
        return await invoke(self._stub.GetProgress, message_pb2.GetProgressRequest(campaign_id=campaign_id))

    async def until_ended(self, campaign_id: str, messages: int) -> message_pb2.GetProgressResponse:
        """Waits until so many messages have ended."""

        async def ended() -> bool:
            progress = await self.progress(campaign_id)
            return progress.delivered + progress.failed == messages

        await until(ended)
        return await self.progress(campaign_id)


def client_of(service: ServiceProcess) -> Client:
    """A client of a service in a process of its own."""
    return Client(open_channel(service.address))


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when the condition holds; fails when it never does."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
