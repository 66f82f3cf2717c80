"""Serves the calls of SegmentService on lists: reads pieces, calls a use case, renders; it must not hold rules."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from carillon.segment.v1 import segment_pb2, segment_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_segment.api.access import MAKING_ROLES, require_caller
from svc_segment.api.segment_rendering import render_counts, render_segment
from svc_segment.app.keep_list import change_list, create_list
from svc_segment.domain.member_list import MemberList

Context = grpc.aio.ServicerContext[Any, Any]


class ListCalls(segment_pb2_grpc.SegmentServiceServicer):
    """Segments by list over gRPC."""

    def __init__(self, *, commands: Commands, clock: Clock, new_id: Callable[[], uuid.UUID]) -> None:
        self._commands = commands
        self._clock = clock
        self._new_id = new_id

    async def CreateList(  # noqa: N802 -- the name is the protocol's
        self,
        request_iterator: AsyncIterator[segment_pb2.CreateListRequest],
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.CreateListResponse:
        """Makes a segment of numbers and ids; a replay is told by the header and what the pieces held."""
        caller = require_caller(*MAKING_ROLES)
        header, entries = await _receive(request_iterator)
        header.sha256 = entries.sha256

        async def operation(unit: UnitOfWork) -> segment_pb2.CreateListResponse:
            segment, counts = await create_list(
                unit,
                entries,
                segment_id=self._new_id(),
                name=header.name,
                description=header.description,
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.CreateListResponse(segment=render_segment(segment), counts=render_counts(counts))

        return await self._commands.run(header, segment_pb2.CreateListResponse, operation)

    async def ChangeList(  # noqa: N802 -- the name is the protocol's
        self,
        request: segment_pb2.ChangeListRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> segment_pb2.ChangeListResponse:
        """Adds to a list and takes from it."""
        caller = require_caller(*MAKING_ROLES)
        added, removed = await asyncio.to_thread(_read, request.add), await asyncio.to_thread(_read, request.remove)

        async def operation(unit: UnitOfWork) -> segment_pb2.ChangeListResponse:
            segment, counts = await change_list(
                unit,
                segment_id=uuid.UUID(request.id),
                added=added,
                removed=removed,
                by=caller.subject,
                now=self._clock.now(),
            )
            return segment_pb2.ChangeListResponse(segment=render_segment(segment), counts=render_counts(counts))

        return await self._commands.run(request, segment_pb2.ChangeListResponse, operation)


async def _receive(
    requests: AsyncIterator[segment_pb2.CreateListRequest],
) -> tuple[segment_pb2.ListHeader, MemberList]:
    """The header and all entries. Raises InvalidInput UPLOAD_ORDER."""
    header: segment_pb2.ListHeader | None = None
    entries = MemberList()
    async for request in requests:
        if (request.WhichOneof("part") == "header") == (header is not None):
            raise InvalidInput(
                reason="UPLOAD_ORDER", field="part", detail="first comes the header of the list, then only pieces"
            )
        if header is None:
            header = request.header
        else:
            await asyncio.to_thread(entries.add, request.piece.msisdns, request.piece.subscriber_ids)
    if header is None:
        raise InvalidInput(reason="UPLOAD_ORDER", field="part", detail="the first message is the header of the list")
    return header, entries


def _read(piece: segment_pb2.ListPiece) -> MemberList:
    entries = MemberList()
    entries.add(piece.msisdns, piece.subscriber_ids)
    return entries
