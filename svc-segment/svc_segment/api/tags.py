"""Serves TagService: parses, calls a use case, renders; it must not find tags."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from carillon.segment.v1 import tag_pb2, tag_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound
from svc_segment.api.access import LIBRARY_ROLES, PROFILE_ROLES, READING_ROLES, require_caller
from svc_segment.api.tag_messages import parse_scene, render_scene, render_subscriber_tag, render_tag
from svc_segment.app.change_scene import choose_scene, leave_scene
from svc_segment.app.refresh_tags import refresh_tags, write_tag_file
from svc_segment.app.subscriber_tags import SubscriberTags
from svc_segment.app.tag_segment import remove_tag, tag_segment
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.sightings import list_scenes, put_cells
from svc_segment.store.tags import by_path, read_observations, tags_as_of

Context = grpc.aio.ServicerContext[Any, Any]


class TagServicer(tag_pb2_grpc.TagServiceServicer):
    """Tags and scenes over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        folder: DataFolder,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._commands = commands
        self._folder = folder
        self._clock = clock
        self._zone = zone
        self._tags_of = SubscriberTags(database, engine)

    async def PutScene(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.PutSceneRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.PutSceneResponse:
        """Chooses a scene."""
        caller = require_caller(*LIBRARY_ROLES)
        scene = parse_scene(request.scene)

        async def operation(unit: UnitOfWork) -> tag_pb2.PutSceneResponse:
            await choose_scene(unit, scene, by=caller.subject, now=self._clock.now())
            return tag_pb2.PutSceneResponse(scene=render_scene(scene))

        answer = await self._commands.run(request, tag_pb2.PutSceneResponse, operation)
        await self._write()
        return answer

    async def ListScenes(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.ListScenesRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.ListScenesResponse:
        """The scenes that are watched."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            return tag_pb2.ListScenesResponse(scenes=[render_scene(scene) for scene in await list_scenes(unit)])

    async def EndScene(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.EndSceneRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.EndSceneResponse:
        """Watches a scene no longer."""
        caller = require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> tag_pb2.EndSceneResponse:
            if not await leave_scene(unit, request.code, by=caller.subject, now=self._clock.now()):
                raise NotFound(reason="SCENE_NOT_FOUND", field="code", detail=f"no scene {request.code} is watched")
            return tag_pb2.EndSceneResponse()

        answer = await self._commands.run(request, tag_pb2.EndSceneResponse, operation)
        await self._write()
        return answer

    async def PutCells(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.PutCellsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.PutCellsResponse:
        """Says which scenes lie in which cells."""
        require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> tag_pb2.PutCellsResponse:
            await put_cells(unit, {cell.cell: set(cell.scenes) for cell in request.cells})
            return tag_pb2.PutCellsResponse(cells=len(request.cells))

        return await self._commands.run(request, tag_pb2.PutCellsResponse, operation)

    async def TagSegment(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.TagSegmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.TagSegmentResponse:
        """Tags a segment's members."""
        require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> tag_pb2.TagSegmentResponse:
            found = await tag_segment(
                unit,
                path=request.path,
                segment_id=uuid.UUID(request.segment_id),
                confidence=request.confidence,
                valid_days=request.valid_days,
                today=self._clock.now().astimezone(self._zone).date(),
            )
            return tag_pb2.TagSegmentResponse(count=len(found.subscribers))

        answer = await self._commands.run(request, tag_pb2.TagSegmentResponse, operation)
        await self._write()
        return answer

    async def RemoveTag(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.RemoveTagRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.RemoveTagResponse:
        """Takes a tag back."""
        require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> tag_pb2.RemoveTagResponse:
            await remove_tag(unit, request.path, request.source)
            return tag_pb2.RemoveTagResponse()

        answer = await self._commands.run(request, tag_pb2.RemoveTagResponse, operation)
        await self._write()
        return answer

    async def ListTags(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.ListTagsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.ListTagsResponse:
        """The tree of tags."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            observations = await read_observations(unit, self._clock.now().astimezone(self._zone).date())
            as_of = await tags_as_of(unit)
        return tag_pb2.ListTagsResponse(
            tags=[render_tag(path, sources) for path, sources in by_path(observations).items()],
            as_of=as_of.isoformat() if as_of else "",
        )

    async def RefreshTags(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.RefreshTagsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.RefreshTagsResponse:
        """Looks at all scenes anew; doing it twice does no harm."""
        require_caller(*LIBRARY_ROLES)
        await refresh_tags(self._database, self._folder, now=self._clock.now(), zone=self._zone)
        return tag_pb2.RefreshTagsResponse()

    async def ListSubscriberTags(  # noqa: N802 -- the name is the protocol's
        self,
        request: tag_pb2.ListSubscriberTagsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> tag_pb2.ListSubscriberTagsResponse:
        """The tags of one subscriber."""
        require_caller(*PROFILE_ROLES)
        today = self._clock.now().astimezone(self._zone).date()
        found = await self._tags_of(request.subscriber_id, today=today)
        return tag_pb2.ListSubscriberTagsResponse(
            tags=[render_subscriber_tag(tag) for tag in found.tags],
            as_of=found.as_of.isoformat() if found.as_of else "",
            hall=found.hall,
        )

    async def _write(self) -> None:
        """Lets rules see the change at once."""
        await write_tag_file(self._database, self._folder, now=self._clock.now(), zone=self._zone)
