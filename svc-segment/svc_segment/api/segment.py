"""Serves SegmentService: parses, calls a use case, renders; it must not hold rules."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from carillon.segment.v1 import segment_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.paging import decode_token, encode_token
from svc_segment.api.access import MAKING_ROLES, READING_ROLES, require_caller
from svc_segment.api.list_segment import ListCalls
from svc_segment.api.segment_rendering import parse_expression, render_definition, render_segment
from svc_segment.app.change_segment import change_segment
from svc_segment.app.create_segment import create_segment
from svc_segment.app.get_segment import get_segment
from svc_segment.app.list_segments import list_definitions, list_segments
from svc_segment.app.preview_rule import preview_rule
from svc_segment.app.redefine_segment import redefine_segment, restore_definition
from svc_segment.app.stream_members import stream_members
from svc_segment.domain.set_algebra import SetExpression
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder

Context = grpc.aio.ServicerContext[Any, Any]


class SegmentServicer(ListCalls):
    """Segments over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        folder: DataFolder,
        clock: Clock,
        new_id: Callable[[], uuid.UUID],
    ) -> None:
        super().__init__(commands=commands, clock=clock, new_id=new_id)
        self._database = database
        self._engine = engine
        self._folder = folder

    async def CreateSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.CreateSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.CreateSegmentResponse:
        """Makes a segment."""
        caller = require_caller(*MAKING_ROLES)

        async def operation(unit: UnitOfWork) -> segment_pb2.CreateSegmentResponse:
            segment = await create_segment(
                unit,
                self._engine,
                self._folder,
                segment_id=self._new_id(),
                name=request.name,
                description=request.description,
                rule=request.rule,
                expression=_expression(request),
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.CreateSegmentResponse(segment=render_segment(segment))

        return await self._commands.run(request, segment_pb2.CreateSegmentResponse, operation)

    async def RedefineSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.RedefineSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.RedefineSegmentResponse:
        """Gives a segment another rule or expression."""
        caller = require_caller(*MAKING_ROLES)

        async def operation(unit: UnitOfWork) -> segment_pb2.RedefineSegmentResponse:
            segment = await redefine_segment(
                unit,
                self._engine,
                self._folder,
                segment_id=uuid.UUID(request.id),
                rule=request.rule,
                expression=_expression(request),
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.RedefineSegmentResponse(segment=render_segment(segment))

        return await self._commands.run(request, segment_pb2.RedefineSegmentResponse, operation)

    async def RestoreDefinition(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.RestoreDefinitionRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.RestoreDefinitionResponse:
        """Makes an older definition the newest one."""
        caller = require_caller(*MAKING_ROLES)

        async def operation(unit: UnitOfWork) -> segment_pb2.RestoreDefinitionResponse:
            segment = await restore_definition(
                unit,
                self._engine,
                self._folder,
                segment_id=uuid.UUID(request.id),
                number=request.definition,
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.RestoreDefinitionResponse(segment=render_segment(segment))

        return await self._commands.run(request, segment_pb2.RestoreDefinitionResponse, operation)

    async def ChangeSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.ChangeSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.ChangeSegmentResponse:
        """Renames, describes, archives, takes out of the archive."""
        caller = require_caller(*MAKING_ROLES)

        async def operation(unit: UnitOfWork) -> segment_pb2.ChangeSegmentResponse:
            segment = await change_segment(
                unit,
                segment_id=uuid.UUID(request.id),
                name=request.name if request.HasField("name") else None,
                description=request.description if request.HasField("description") else None,
                archived=request.archived if request.HasField("archived") else None,
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.ChangeSegmentResponse(segment=render_segment(segment))

        return await self._commands.run(request, segment_pb2.ChangeSegmentResponse, operation)

    async def GetSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.GetSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.GetSegmentResponse:
        """Shows a segment."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            segment = await get_segment(unit, uuid.UUID(request.id), now=self._clock.now())
        return segment_pb2.GetSegmentResponse(segment=render_segment(segment))

    async def ListSegments(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.ListSegmentsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.ListSegmentsResponse:
        """Lists segments by name."""
        require_caller(*READING_ROLES)
        keys = decode_token(request.page_token)
        async with self._database.read() as unit:
            segments, after = await list_segments(
                unit,
                named=request.name,
                after=str(keys[0]) if keys else "",
                with_archived=request.with_archived,
                page_size=request.page_size,
                now=self._clock.now(),
            )
        return segment_pb2.ListSegmentsResponse(
            segments=[render_segment(segment) for segment in segments],
            next_page_token="" if after is None else encode_token(after),
        )

    async def ListDefinitions(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.ListDefinitionsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.ListDefinitionsResponse:
        """Lists what a segment was defined as."""
        require_caller(*READING_ROLES)
        keys = decode_token(request.page_token)
        async with self._database.read() as unit:
            definitions, before = await list_definitions(
                unit,
                uuid.UUID(request.id),
                before=int(keys[0]) if keys else None,
                page_size=request.page_size,
            )
        return segment_pb2.ListDefinitionsResponse(
            definitions=[render_definition(definition) for definition in definitions],
            next_page_token="" if before is None else encode_token(before),
        )

    async def PreviewRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.PreviewRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.PreviewRuleResponse:
        """Counts who fits a rule."""
        require_caller(*READING_ROLES)
        preview = await preview_rule(self._database, self._engine, self._folder, request.rule, now=self._clock.now())
        return segment_pb2.PreviewRuleResponse(
            count=preview.count, as_of=preview.as_of.isoformat(), took_ms=preview.took_ms
        )

    async def StreamMembers(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.StreamMembersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[segment_pb2.StreamMembersResponse]:
        """Streams the members of a segment to the suite's own services and to those who make campaigns."""
        require_caller(*MAKING_ROLES)
        members = stream_members(
            self._database,
            self._engine,
            uuid.UUID(request.segment_id),
            list(request.attributes),
            version=request.segment_version or None,
            now=self._clock.now(),
        )
        async for message in members:
            yield segment_pb2.StreamMembersResponse(arrow_ipc=message)


def _expression(
    request: segment_pb2.CreateSegmentRequest | segment_pb2.RedefineSegmentRequest,
) -> SetExpression | None:
    return parse_expression(request.expression) if request.HasField("expression") else None
