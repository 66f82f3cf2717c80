"""Serves SnapshotService: receives files, shows how their loading goes; it must not load them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import grpc

from carillon.segment.v1 import snapshot_pb2, snapshot_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from carillon_chassis.paging import decode_token, encode_token
from svc_segment.api.access import LIBRARY_ROLES, require_caller
from svc_segment.api.rendering import parse_attribute, parse_day, render_attribute, render_reject, render_snapshot
from svc_segment.app.get_snapshot import get_snapshot, list_rejects
from svc_segment.app.list_attributes import list_attributes
from svc_segment.app.receive_snapshot import check_upload, receive_snapshot
from svc_segment.domain.snapshot import Snapshot, SnapshotKind, SnapshotState
from svc_segment.store.folders import DataFolder
from svc_segment.store.kept_files import files_in_use

Context = grpc.aio.ServicerContext[Any, Any]


class SnapshotServicer(snapshot_pb2_grpc.SnapshotServiceServicer):
    """Snapshots and the attribute dictionary over gRPC."""

    def __init__(
        self, *, database: Database, folder: DataFolder, clock: Clock, new_id: Callable[[], uuid.UUID]
    ) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._new_id = new_id

    async def UploadSnapshot(  # noqa: N802 -- the name is the protocol's
        self,
        request_iterator: AsyncIterator[snapshot_pb2.UploadSnapshotRequest],
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> snapshot_pb2.UploadSnapshotResponse:
        """Takes a file; the same file a second time gives its first snapshot, so a replay needs no key."""
        header = await _header(request_iterator)
        if header.kind == SnapshotKind.CELLS:
            # Which scenes there are and where is the province's, however it is told.
            require_caller(*LIBRARY_ROLES)
        snapshot = Snapshot(
            id=self._new_id(),
            state=SnapshotState.RECEIVED,
            kind=SnapshotKind(header.kind),
            as_of=parse_day(header.as_of, "header.as_of"),
            file_name=header.file_name,
            sha256="",
            dictionary=tuple(parse_attribute(attribute) for attribute in header.dictionary),
            month=parse_day(f"{header.month}-01", "header.month") if header.month else None,
            name=header.name,
            list_kind=header.list_kind,
        )
        async with self._database.read() as unit:
            await check_upload(unit, snapshot)
        received = replace(snapshot, sha256=await self._receive(request_iterator))
        async with self._database.unit_of_work() as unit:
            snapshot = await receive_snapshot(unit, received, now=self._clock.now())
            loaded = received.kind is SnapshotKind.EVENTS and received.sha256 not in await files_in_use(unit)
        if loaded:
            # It was loaded before: no load will forget it again, and it says where somebody was when (SEG-29).
            await asyncio.to_thread(self._folder.forget_upload, received.sha256)
        return snapshot_pb2.UploadSnapshotResponse(snapshot=render_snapshot(snapshot))

    async def GetSnapshot(  # noqa: N802 -- the name is the protocol's
        self,
        request: snapshot_pb2.GetSnapshotRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> snapshot_pb2.GetSnapshotResponse:
        """Shows a snapshot."""
        async with self._database.read() as unit:
            snapshot = await get_snapshot(unit, uuid.UUID(request.id))
        return snapshot_pb2.GetSnapshotResponse(snapshot=render_snapshot(snapshot))

    async def ListRejects(  # noqa: N802 -- the name is the protocol's
        self,
        request: snapshot_pb2.ListRejectsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> snapshot_pb2.ListRejectsResponse:
        """Lists the rows that did not load."""
        keys = decode_token(request.page_token)
        async with self._database.read() as unit:
            rejects, after = await list_rejects(
                unit,
                uuid.UUID(request.snapshot_id),
                after_row=int(keys[0]) if keys else 0,
                page_size=request.page_size,
            )
        return snapshot_pb2.ListRejectsResponse(
            rejects=[render_reject(reject) for reject in rejects],
            next_page_token="" if after is None else encode_token(after),
        )

    async def ListAttributes(  # noqa: N802 -- the name is the protocol's
        self,
        request: snapshot_pb2.ListAttributesRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> snapshot_pb2.ListAttributesResponse:
        """Lists the attributes that rules and templates can use."""
        async with self._database.read() as unit:
            attributes = await list_attributes(unit)
        return snapshot_pb2.ListAttributesResponse(attributes=[render_attribute(attribute) for attribute in attributes])

    async def _receive(self, requests: AsyncIterator[snapshot_pb2.UploadSnapshotRequest]) -> str:
        # Not in a thread: whoever was cancelled while it opens the file would leave it behind.
        upload = self._folder.begin_upload()
        try:
            async for request in requests:
                await asyncio.to_thread(upload.write, _piece(request))
            return await asyncio.to_thread(upload.keep)
        except BaseException:
            # A caller that goes away in the middle leaves nothing behind.
            upload.discard()
            raise


async def _header(requests: AsyncIterator[snapshot_pb2.UploadSnapshotRequest]) -> snapshot_pb2.SnapshotHeader:
    async for request in requests:
        if request.WhichOneof("part") == "header":
            return request.header
        break
    raise InvalidInput(reason="UPLOAD_ORDER", field="part", detail="the first message is the header of the snapshot")


def _piece(request: snapshot_pb2.UploadSnapshotRequest) -> bytes:
    if request.WhichOneof("part") != "piece":
        raise InvalidInput(reason="UPLOAD_ORDER", field="part", detail="after the header come only pieces")
    return request.piece
