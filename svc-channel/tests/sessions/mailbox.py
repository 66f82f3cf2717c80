"""Somebody who writes SMS to the service and reads its answers; nothing of it is used by the product."""

import asyncio
import uuid
from datetime import datetime
from typing import Any

import grpc

from carillon.channel.v1 import texting_pb2, texting_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.server import Service
from svc_channel.adapters.segment_numbers import SegmentNumbers
from svc_channel.app.resolve_inbound import resolve_inbound
from svc_channel.domain.inbound import Inbound
from svc_channel.store.exchanges import READ_SECONDS
from svc_channel.store.inbound import book_inbound
from svc_channel.worker.text_desk import TextDeskWorker

from .desk import ADMIN, Desk
from .talker import MSISDN


class Mailbox:
    """Texts to the service and what came back, in their order."""

    def __init__(self, desk: Desk, service: Service, segment: grpc.aio.Channel) -> None:
        self.desk = desk
        self.texting = texting_pb2_grpc.TextingServiceStub(desk.channel)
        owners = [getattr(worker, "__self__", None) for worker in service.workers]
        self.worker = next(owner for owner in owners if isinstance(owner, TextDeskWorker))
        self.numbers = SegmentNumbers(segment)

    async def put_desk(self, recipient: str, *, by: Identity = ADMIN, **fields: Any) -> None:
        """Has texts answered at a number."""
        request = texting_pb2.PutTextDeskRequest(
            request_id=str(uuid.uuid4()), desk=texting_pb2.TextDesk(recipient=recipient, **fields)
        )
        with acting_as(by):
            await invoke(self.texting.PutTextDesk, request)

    async def put_staff(self, *, by: Identity = ADMIN, **fields: str) -> None:
        """Registers +8613800000007 as an agent of Guangzhou, or what the fields say."""
        staff = {"msisdn": MSISDN, "staff_id": "s-7", "role": "agent", "branch": "guangzhou", **fields}
        request = texting_pb2.PutStaffNumberRequest(
            request_id=str(uuid.uuid4()), staff=texting_pb2.StaffNumber(**staff)
        )
        with acting_as(by):
            await invoke(self.texting.PutStaffNumber, request)

    async def receive(
        self, text: str, *, to: str, sender: str = MSISDN, at: datetime | None = None, key: uuid.UUID | None = None
    ) -> uuid.UUID:
        """An SMS that the network brings; what is done about it is another step."""
        message = Inbound(
            id=key or uuid.uuid4(),
            sender=sender,
            recipient=to,
            text=text,
            received_at=at or SystemClock().now(),
        )
        async with self.desk.database.unit_of_work() as unit:
            await book_inbound(unit, [message])
        return message.id

    async def resolve(self) -> None:
        """Finds out who wrote."""
        while await resolve_inbound(self.desk.database, self.numbers, clock=SystemClock()):
            pass

    async def work(self) -> None:
        """Resolves and answers until nothing waits."""
        await self.resolve()
        while await self.worker.step() or self.worker._under_way:
            await asyncio.gather(*self.worker._under_way)

    async def say(self, text: str, *, to: str, sender: str = MSISDN) -> str:
        """The answer to an SMS; empty where there is none."""
        before = len(await self.answers(sender))
        await self.receive(text, to=to, sender=sender)
        await self.work()
        new = (await self.answers(sender))[before:]
        assert len(new) <= 1, new
        # It has arrived and was read, so the same words again are said again.
        await self.read(sender)
        return new[0] if new else ""

    async def read(self, sender: str = MSISDN) -> None:
        """All answers were delivered a while ago."""
        async with self.desk.database.unit_of_work() as unit:
            await unit.driver.execute(
                "UPDATE message SET state = 'delivered', due_at = NULL, ended_at = $2 WHERE msisdn = $1",
                sender,
                SystemClock().now() - 2 * READ_SECONDS,
            )

    async def answers(self, sender: str = MSISDN) -> list[str]:
        """What the number was sent."""
        rows = await self.rows("SELECT text FROM message WHERE msisdn = $1 ORDER BY id", sender)
        return [row["text"] for row in rows]

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """Rows of the database."""
        async with self.desk.database.read() as unit:
            return list(await unit.driver.fetch(query, *arguments))
