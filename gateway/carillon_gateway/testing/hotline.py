"""A stand-in for svc-channel's hotline that answers from memory; it must not be more than the edge's tests need."""

import uuid
from datetime import UTC, datetime
from typing import Any

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc
from carillon_chassis.errors import LimitExceeded, NotFound, StateRefused


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

    async def MakeAuditionLink(self, request: hotline_pb2.MakeAuditionLinkRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The tone's name over and over, for a token."""
        made = hotline_pb2.MakeAuditionLinkResponse(token=(request.tone * 40)[:40])
        made.expires_at.FromSeconds(request.valid_seconds)
        return made

    async def TapAuditionLink(self, request: hotline_pb2.TapAuditionLinkRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Fresh, old or never sent, by its first letter."""
        match request.token[0]:
            case "o":
                raise StateRefused(reason="LINK_EXPIRED", field="token", detail="over")
            case "n":
                raise NotFound(reason="LINK_UNKNOWN", field="token", detail="never")
            case "q":
                raise LimitExceeded(reason="TAPPED_TOO_OFTEN", detail="often", metadata={"retry_after_seconds": "600"})
            case "s":
                raise StateRefused(reason="OUT_CALL_ABSENT", detail="no system")
        return hotline_pb2.TapAuditionLinkResponse(tone=request.token)

    async def GetAudition(self, request: hotline_pb2.GetAuditionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        if request.id not in self._calls:
            raise NotFound(reason="AUDITION_UNKNOWN", field="id", detail="there is no such call")
        return hotline_pb2.GetAuditionResponse(audition=self._calls[request.id])
