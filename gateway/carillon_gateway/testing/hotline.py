"""A stand-in for svc-channel's hotline that answers from memory; it must not be more than the edge's tests need."""

import uuid
from datetime import UTC, datetime
from typing import Any

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc
from carillon_chassis.errors import NotFound


class HotlineStandIn(hotline_pb2_grpc.HotlineServiceServicer):
    """Directories and calls that stay pending."""

    def __init__(self) -> None:
        self._directories: dict[str, hotline_pb2.Directory] = {}
        self._calls: dict[str, hotline_pb2.Audition] = {}

    async def PutDirectory(self, request: hotline_pb2.PutDirectoryRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        self._directories[request.directory.branch] = request.directory
        return hotline_pb2.PutDirectoryResponse(directory=request.directory)

    async def ListDirectories(self, request: hotline_pb2.ListDirectoriesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The province's and one more."""
        found = [self._directories[name] for name in ("", request.branch) if name in self._directories]
        return hotline_pb2.ListDirectoriesResponse(directories=found)

    async def RequestAudition(self, request: hotline_pb2.RequestAuditionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Books it."""
        audition = hotline_pb2.Audition(id=str(uuid.uuid4()), tone=request.tone, state="pending")
        audition.requested_at.FromDatetime(datetime(2026, 11, 22, tzinfo=UTC))
        self._calls[audition.id] = audition
        return hotline_pb2.RequestAuditionResponse(audition=audition)

    async def GetAudition(self, request: hotline_pb2.GetAuditionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        if request.id not in self._calls:
            raise NotFound(reason="AUDITION_UNKNOWN", field="id", detail="there is no such call")
        return hotline_pb2.GetAuditionResponse(audition=self._calls[request.id])
