"""Stands in for what svc-channel does with peers' requests; keeps them for tests and believes all but one."""

from typing import Any

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc
from carillon_chassis.errors import NotFound, PermissionRefused

# What no peer of a line comes with.
FORGED = "Basic forged"
# No document, so nothing says whose it is.
BROKEN = b"<pap"


class CallbacksStandIn(callback_pb2_grpc.CallbackServiceServicer):
    """One line, called ``peer``, of every protocol."""

    def __init__(self) -> None:
        self.taken: list[callback_pb2.TakeCallbackRequest] = []

    async def TakeCallback(  # noqa: N802 -- the name is the protocol's
        self,
        request: callback_pb2.TakeCallbackRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> callback_pb2.TakeCallbackResponse:
        """Echoes the body."""
        if request.line != "peer":
            raise NotFound(reason="LINE_UNKNOWN", field="line", detail="there is one line")
        if request.headers.get("authorization") == FORGED:
            raise PermissionRefused(reason="CALLBACK_CREDENTIALS", detail="send the line's credentials")
        if request.body == BROKEN:
            return callback_pb2.TakeCallbackResponse(status=202, content_type="application/xml", body=b"bad")
        self.taken.append(request)
        status = 200 if request.protocol == "mm7" else 202
        return callback_pb2.TakeCallbackResponse(status=status, content_type="text/xml", body=request.body, proven=True)
