"""Stands in for the resource library of svc-channel; keeps digests in memory."""

import hashlib
from typing import Any

from carillon.channel.v1 import resource_pb2, resource_pb2_grpc
from carillon_chassis.errors import NotFound


class ResourcesStandIn(resource_pb2_grpc.ResourceServiceServicer):
    """Resources by id."""

    def __init__(self) -> None:
        self._known: dict[str, list[resource_pb2.Rendition]] = {}

    async def AddRendition(  # noqa: N802 -- the name is the protocol's
        self,
        request: resource_pb2.AddRenditionRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> resource_pb2.AddRenditionResponse:
        """Adds it once."""
        rendition = resource_pb2.Rendition(
            slot=request.slot,
            media_type=request.media_type,
            size=len(request.octets),
            sha256=hashlib.sha256(request.octets).hexdigest(),
        )
        known = self._known.setdefault(request.resource, [])
        added = rendition not in known
        if added:
            known.append(rendition)
        return resource_pb2.AddRenditionResponse(rendition=rendition, added=added)

    async def GetResource(  # noqa: N802 -- the name is the protocol's
        self,
        request: resource_pb2.GetResourceRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> resource_pb2.GetResourceResponse:
        """What was added."""
        if request.resource not in self._known:
            raise NotFound(reason="RESOURCE_UNKNOWN", field="resource", detail="nothing was added")
        return resource_pb2.GetResourceResponse(renditions=self._known[request.resource])
