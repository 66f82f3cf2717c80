"""MessageService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from carillon.channel.v1 import message_pb2, message_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.telemetry import current_traceparent
from svc_channel.api.arrow_batches import CHANNEL_NUMBERS, read_batch
from svc_channel.app.get_progress import get_progress
from svc_channel.app.handsets import Handsets
from svc_channel.app.numbers import Numbers
from svc_channel.app.take_batch import take_batch
from svc_channel.domain.outgoing import TakenBatch
from svc_channel.domain.progress import Progress
from svc_channel.domain.routes import Routes


class MessageServicer(message_pb2_grpc.MessageServiceServicer):
    """Outbound messages in bulk and what became of them."""

    def __init__(self, database: Database, numbers: Numbers, handsets: Handsets, routes: Routes, clock: Clock) -> None:
        self._database = database
        self._numbers = numbers
        self._handsets = handsets
        self._routes = routes
        self._clock = clock

    async def SubmitMessages(  # noqa: N802 -- the name is the protocol's
        self,
        request_iterator: AsyncIterator[message_pb2.SubmitMessagesRequest],
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[message_pb2.SubmitMessagesResponse]:
        """Answers each batch once it is durable; a refused batch ends the stream, those before it stand."""
        async for request in request_iterator:
            taken = await take_batch(
                self._database,
                read_batch(request),
                numbers=self._numbers,
                handsets=self._handsets,
                routes=self._routes,
                traceparent=current_traceparent(),
                clock=self._clock,
            )
            yield _taken(taken)

    async def GetProgress(  # noqa: N802 -- the name is the protocol's
        self,
        request: message_pb2.GetProgressRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> message_pb2.GetProgressResponse:
        """Counts by state of everything sent for one campaign."""
        async with self._database.read() as unit:
            return _progress(await get_progress(unit, UUID(request.campaign_id)))


def _taken(taken: TakenBatch) -> message_pb2.SubmitMessagesResponse:
    return message_pb2.SubmitMessagesResponse(
        batch=taken.number,
        accepted=taken.accepted,
        replayed=taken.replayed,
        refused=[message_pb2.RefusedRow(row=one.row, reason=one.reason) for one in taken.refused],
    )


def _progress(progress: Progress) -> message_pb2.GetProgressResponse:
    return message_pb2.GetProgressResponse(
        queued=progress.queued,
        sending=progress.sending,
        sent=progress.sent,
        delivered=progress.delivered,
        failed=progress.failed,
        in_doubt=progress.in_doubt,
        receipts=progress.receipts,
        channels=[
            message_pb2.ChannelProgress(
                channel=CHANNEL_NUMBERS[channel],
                queued=one.queued,
                delivered=one.delivered,
                failed=one.failed,
                sent=one.sent + one.sending,
            )
            for channel, one in progress.channels.items()
        ],
    )
