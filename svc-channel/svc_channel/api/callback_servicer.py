"""CallbackService: hands the requests of lines' peers to whoever knows their protocol; decides nothing."""

from typing import Any

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc
from svc_channel.adapters.callbacks import Callbacks
from svc_channel.domain.callback import CallbackRequest, line_unknown


class CallbackServicer(callback_pb2_grpc.CallbackServiceServicer):
    """What peers tell us by requests of their own."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    async def TakeCallback(  # noqa: N802 -- the name is the protocol's
        self,
        request: callback_pb2.TakeCallbackRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> callback_pb2.TakeCallbackResponse:
        """What the peer is to be answered."""
        callback = self._callbacks.get((request.protocol, request.line))
        if callback is None:
            raise line_unknown(request.line, request.protocol)
        asked = CallbackRequest(content_type=request.content_type, headers=dict(request.headers), body=request.body)
        answer = await callback.take(asked)
        return callback_pb2.TakeCallbackResponse(
            status=answer.status, content_type=answer.content_type, body=answer.body, proven=answer.proven
        )
