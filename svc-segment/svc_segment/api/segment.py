"""Serves SegmentService: parses, calls a use case, renders; it must not hold rules."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from carillon.segment.v1 import segment_pb2, segment_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_segment.api.rendering import render_segment
from svc_segment.app.create_segment import create_segment
from svc_segment.app.get_segment import get_segment
from svc_segment.app.preview_rule import preview_rule
from svc_segment.app.stream_members import stream_members
from svc_segment.store.engine import Engine

Context = grpc.aio.ServicerContext[Any, Any]


class SegmentServicer(segment_pb2_grpc.SegmentServiceServicer):
    """Segments over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        clock: Clock,
        new_id: Callable[[], uuid.UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._engine = engine
        self._clock = clock
        self._new_id = new_id

    async def CreateSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.CreateSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.CreateSegmentResponse:
        """Makes a segment."""

        async def operation(unit: UnitOfWork) -> segment_pb2.CreateSegmentResponse:
            segment = await create_segment(
                unit,
                self._engine,
                segment_id=self._new_id(),
                name=request.name,
                rule=request.rule,
                now=self._clock.now(),
            )
            return segment_pb2.CreateSegmentResponse(segment=render_segment(segment))

        return await self._commands.run(request, segment_pb2.CreateSegmentResponse, operation)

    async def GetSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.GetSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.GetSegmentResponse:
        """Shows a segment."""
        async with self._database.read() as unit:
            segment = await get_segment(unit, uuid.UUID(request.id))
        return segment_pb2.GetSegmentResponse(segment=render_segment(segment))

    async def PreviewRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.PreviewRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.PreviewRuleResponse:
        """Counts who fits a rule."""
        preview = await preview_rule(self._database, self._engine, request.rule)
        return segment_pb2.PreviewRuleResponse(
            count=preview.count, as_of=preview.as_of.isoformat(), took_ms=preview.took_ms
        )

    async def StreamMembers(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.StreamMembersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[segment_pb2.StreamMembersResponse]:
        """Streams the members of a segment."""
        members = stream_members(self._database, self._engine, uuid.UUID(request.segment_id), list(request.attributes))
        async for message in members:
            yield segment_pb2.StreamMembersResponse(arrow_ipc=message)
