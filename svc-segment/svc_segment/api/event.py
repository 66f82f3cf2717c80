"""Serves EventService, tells what was booked and shows what was done of late; it must not judge events."""

from typing import Any
from zoneinfo import ZoneInfo

import grpc

from carillon.segment.v1 import event_pb2, event_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.outbox import tell
from svc_segment.api.access import PROFILE_ROLES, require_caller
from svc_segment.api.match_messages import render_moment
from svc_segment.api.rendering import parse_event, render_facts
from svc_segment.app.list_recent_events import list_recent_events
from svc_segment.app.record_events import record_events
from svc_segment.store.folders import DataFolder

Context = grpc.aio.ServicerContext[Any, Any]


class EventServicer(event_pb2_grpc.EventServiceServicer):
    """Events over gRPC."""

    def __init__(
        self, *, database: Database, commands: Commands, folder: DataFolder, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._commands = commands
        self._folder = folder
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

    async def ListRecentEvents(  # noqa: N802 -- the name is the protocol's
        self,
        request: event_pb2.ListRecentEventsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> event_pb2.ListRecentEventsResponse:
        """Shows one subscriber's newest events."""
        require_caller(*PROFILE_ROLES)
        now = self._clock.now()
        events, since = await list_recent_events(self._database, self._folder, request.subscriber_id, now=now)
        return event_pb2.ListRecentEventsResponse(
            events=[
                event_pb2.RecentEvent(type=event.type, at=render_moment(event.at), attributes=event.attributes)
                for event in events
            ],
            as_of=render_moment(now),
            since=render_moment(since),
        )
