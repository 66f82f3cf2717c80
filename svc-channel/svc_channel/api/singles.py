"""SingleMessageService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from carillon.channel.v1 import single_pb2, single_pb2_grpc, template_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.telemetry import current_traceparent
from svc_channel.api.timestamps import parse_time, render_time
from svc_channel.app.get_message import ShownMessage, get_message
from svc_channel.app.handsets import Handsets
from svc_channel.app.numbers import Numbers
from svc_channel.app.send_message import make_ready, send_message
from svc_channel.domain.draft import Content, Draft, Way
from svc_channel.domain.reading import read_channel, read_class
from svc_channel.domain.routes import Routes
from svc_channel.domain.template import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSources:
    """What a single message is made with."""

    numbers: Numbers
    handsets: Handsets
    routes: Routes
    sender: str
    """The operator's own number, from which a message comes that names no other."""


class SingleMessageServicer(single_pb2_grpc.SingleMessageServiceServicer):
    """One message to one subscriber, and what became of it."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        sources: SingleSources,
        clock: Clock,
        *,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._sources = sources
        self._clock = clock
        self._new_id = new_id

    async def SendMessage(  # noqa: N802 -- the name is the protocol's
        self,
        request: single_pb2.SendMessageRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> single_pb2.SendMessageResponse:
        """Durable when it answers. Errors: see the protocol."""
        identity, now = current_identity(), self._clock.now()
        ready = await make_ready(
            self._database,
            _draft(request),
            identity=identity,
            numbers=self._sources.numbers,
            handsets=self._sources.handsets,
            routes=self._sources.routes,
            now=now,
        )

        async def operation(unit: UnitOfWork) -> single_pb2.SendMessageResponse:
            single_id = self._new_id()
            await send_message(
                unit,
                ready,
                single_id=single_id,
                identity=identity,
                sender=self._sources.sender,
                traceparent=current_traceparent(),
                now=now,
            )
            return single_pb2.SendMessageResponse(
                message=_message(await get_message(unit, single_id, identity=identity))
            )

        return await self._commands.run(request, single_pb2.SendMessageResponse, operation)

    async def GetMessage(  # noqa: N802 -- the name is the protocol's
        self,
        request: single_pb2.GetMessageRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> single_pb2.GetMessageResponse:
        """Where it stands. Errors: MESSAGE_UNKNOWN."""
        async with self._database.read() as unit:
            shown = await get_message(unit, UUID(request.id), identity=current_identity())
        return single_pb2.GetMessageResponse(message=_message(shown))


def parse_values(values: Iterable[template_pb2.TemplateValue]) -> dict[str, Value]:
    """The values of placeholders by name."""
    return {one.name: one.integer if one.WhichOneof("value") == "integer" else one.text for one in values}


def _draft(request: single_pb2.SendMessageRequest) -> Draft:
    first = _content(request.content)
    ways = [Way(channel=read_channel(request.channel, field="channel"), content=first)]
    ways += [
        Way(
            channel=read_channel(step.channel, field="fallback"),
            content=_content(step.content) if step.HasField("content") else first,
        )
        for step in request.fallback
    ]
    return Draft(
        subscriber_id=request.subscriber_id,
        ways=tuple(ways),
        message_class=read_class(request.message_class, field="class"),
        sender=request.sender,
        category=request.category,
        expires_at=parse_time(request.expires_at) if request.HasField("expires_at") else None,
    )


def _content(content: single_pb2.SingleContent) -> Content:
    return Content(
        text=content.text,
        template=content.template,
        values=parse_values(content.values),
        data=content.data or None,
    )


def _message(shown: ShownMessage) -> single_pb2.SingleMessage:
    message = shown.message
    return single_pb2.SingleMessage(
        id=str(message.id),
        subscriber_id=message.subscriber_id,
        channel=message.channel,
        message_class=message.message_class,
        category=message.category,
        sender=message.sender,
        state=message.state,
        reason=message.reason,
        parts=message.parts,
        text=message.text if shown.with_text else "",
        text_masked=not shown.with_text,
        created_at=render_time(message.created_at),
        due_at=render_time(message.due_at),
        expires_at=render_time(message.expires_at),
        ended_at=render_time(message.ended_at),
        failed_steps=[
            single_pb2.FailedStep(channel=step.channel, reason=step.reason, at=render_time(step.at))
            for step in message.failed_steps
        ],
        fallback=message.fallback,
    )
