"""A stand-in for svc-segment's tags that answers from memory; it must not be more than the edge's tests need."""

from typing import Any

from carillon.segment.v1 import tag_pb2, tag_pb2_grpc
from carillon_chassis.errors import NotFound


class TagsStandIn(tag_pb2_grpc.TagServiceServicer):
    """Scenes that are told, one tag of many and one of few."""

    def __init__(self) -> None:
        self._scenes: dict[str, tag_pb2.Scene] = {}

    async def PutScene(self, request: tag_pb2.PutSceneRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Takes any."""
        self._scenes[request.scene.code] = request.scene
        return tag_pb2.PutSceneResponse(scene=request.scene)

    async def ListScenes(self, request: tag_pb2.ListScenesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All told."""
        return tag_pb2.ListScenesResponse(scenes=self._scenes.values())

    async def EndScene(self, request: tag_pb2.EndSceneRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgets it."""
        if not self._scenes.pop(request.code, None):
            raise NotFound(reason="SCENE_NOT_FOUND", field="code", detail="it is not watched")
        return tag_pb2.EndSceneResponse()

    async def PutCells(self, request: tag_pb2.PutCellsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Counts them."""
        return tag_pb2.PutCellsResponse(cells=len(request.cells))

    async def TagSegment(self, request: tag_pb2.TagSegmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Ten."""
        return tag_pb2.TagSegmentResponse(count=10)

    async def RemoveTag(self, request: tag_pb2.RemoveTagRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """There is one."""
        if request.path != "circle/work":
            raise NotFound(reason="TAG_NOT_FOUND", field="path", detail="nobody carries it")
        return tag_pb2.RemoveTagResponse()

    async def RefreshTags(self, request: tag_pb2.RefreshTagsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Nothing to do."""
        return tag_pb2.RefreshTagsResponse()

    async def ListTags(self, request: tag_pb2.ListTagsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of many and one of few."""
        source = tag_pb2.TagSource(source="scene:WORK:1", confidence=0.75, observed_on="2011-03-31")
        return tag_pb2.ListTagsResponse(
            tags=[tag_pb2.Tag(path="circle/work", count=30, sources=[source]), tag_pb2.Tag(path="hall/few")]
        )

    async def ListSubscriberTags(self, request: tag_pb2.ListSubscriberTagsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One."""
        tag = tag_pb2.SubscriberTag(path="circle/work", confidence=0.75, observed_on="2011-03-31")
        return tag_pb2.ListSubscriberTagsResponse(tags=[tag], hall="dongqu/广园东路")
