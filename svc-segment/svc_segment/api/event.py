"""Serves EventService and tells what was booked; it must not judge events."""

from typing import Any
from zoneinfo import ZoneInfo

import grpc

from carillon.segment.v1 import event_pb2, event_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell
from svc_segment.api.rendering import parse_event, render_facts
from svc_segment.app.record_events import record_events

Context = grpc.aio.ServicerContext[Any, Any]


class EventServicer(event_pb2_grpc.EventServiceServicer):
    """Events over gRPC."""

    def __init__(self, *, commands: Commands, clock: Clock, zone: ZoneInfo) -> None:
        self._commands = commands
        self._clock = clock
        self._zone = zone

    async def RecordEvents(  # noqa: N802 -- the name is the protocol's
        self,
        request: event_pb2.RecordEventsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> event_pb2.RecordEventsResponse:
        """Books events; the fact is told in the same transaction."""

        async def operation(unit: UnitOfWork) -> event_pb2.RecordEventsResponse:
            now = self._clock.now()
            reported = [parse_event(event) for event in request.events]
            recorded = await record_events(unit, reported, now=now, zone=self._zone)
            if recorded.events:
                await tell(unit, render_facts(recorded.events), occurred_at=now)
            return event_pb2.RecordEventsResponse(
                accepted=len(recorded.events) + recorded.sightings,
                rejected=[
                    event_pb2.RejectedEvent(index=one.index, field=one.field, detail=one.detail)
                    for one in recorded.rejected
                ],
            )

        return await self._commands.run(request, event_pb2.RecordEventsResponse, operation)
