"""A stand-in for svc-channel's text desks that answers from memory; it must not be more than the edge's tests need."""

from typing import Any

from carillon.channel.v1 import texting_pb2, texting_pb2_grpc
from carillon_chassis.errors import NotFound


class TextingStandIn(texting_pb2_grpc.TextingServiceServicer):
    """Desks and staff in memory."""

    def __init__(self) -> None:
        self._desks: dict[str, texting_pb2.TextDesk] = {}
        self._staff: dict[str, texting_pb2.StaffNumber] = {}

    async def PutTextDesk(self, request: texting_pb2.PutTextDeskRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        self._desks[request.desk.recipient] = request.desk
        return texting_pb2.PutTextDeskResponse(desk=request.desk)

    async def EndTextDesk(self, request: texting_pb2.EndTextDeskRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgets it."""
        if self._desks.pop(request.recipient, None) is None:
            raise NotFound(reason="TEXT_DESK_UNKNOWN", field="recipient", detail="nobody answers there")
        return texting_pb2.EndTextDeskResponse()

    async def ListTextDesks(self, request: texting_pb2.ListTextDesksRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of them."""
        return texting_pb2.ListTextDesksResponse(desks=self._desks.values())

    async def PutStaffNumber(self, request: texting_pb2.PutStaffNumberRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        self._staff[request.staff.msisdn] = request.staff
        return texting_pb2.PutStaffNumberResponse(staff=request.staff)

    async def RemoveStaffNumber(self, request: texting_pb2.RemoveStaffNumberRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgets it."""
        if self._staff.pop(request.msisdn, None) is None:
            raise NotFound(reason="STAFF_UNKNOWN", field="msisdn", detail="no number of the staff")
        return texting_pb2.RemoveStaffNumberResponse()

    async def AskAsStaff(self, request: texting_pb2.AskAsStaffRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The question, as an answer that needs escaping."""
        return texting_pb2.AskAsStaffResponse(text=f"<{request.question}> & more\nsecond line", language="en")

    async def ListStaffNumbers(self, request: texting_pb2.ListStaffNumbersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of them."""
        return texting_pb2.ListStaffNumbersResponse(staff=self._staff.values())
