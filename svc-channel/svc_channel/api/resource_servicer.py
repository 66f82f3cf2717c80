"""ResourceService: reads requests, calls use cases, renders answers; decides nothing."""

from typing import Any

from carillon.channel.v1 import resource_pb2, resource_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound
from svc_channel.app.add_rendition import add_rendition
from svc_channel.domain.mms.resources import Rendition
from svc_channel.store.renditions import describe_resource


class ResourceServicer(resource_pb2_grpc.ResourceServiceServicer):
    """The library of what multimedia messages show."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def AddRendition(  # noqa: N802 -- the name is the protocol's
        self,
        request: resource_pb2.AddRenditionRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> resource_pb2.AddRenditionResponse:
        """Adds it once."""
        rendition = Rendition(
            resource=request.resource, slot=request.slot, media_type=request.media_type, octets=request.octets
        )
        added = await add_rendition(self._database, rendition, clock=self._clock)
        rendered = _rendered(rendition.slot, rendition.media_type, len(rendition.octets), rendition.sha256)
        return resource_pb2.AddRenditionResponse(rendition=rendered, added=added)

    async def GetResource(  # noqa: N802 -- the name is the protocol's
        self,
        request: resource_pb2.GetResourceRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> resource_pb2.GetResourceResponse:
        """All renditions of a resource."""
        async with self._database.read() as unit:
            found = await describe_resource(unit, request.resource)
        if not found:
            raise NotFound(reason="RESOURCE_UNKNOWN", field="resource", detail="the library has no such resource")
        rendered = [_rendered(one.slot, one.media_type, one.size, one.sha256) for one in found]
        return resource_pb2.GetResourceResponse(renditions=rendered)


def _rendered(slot: int, media_type: str, size: int, sha256: bytes) -> resource_pb2.Rendition:
    return resource_pb2.Rendition(slot=slot, media_type=media_type, size=size, sha256=sha256.hex())
