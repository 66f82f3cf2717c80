"""Asks svc-segment which branch a number's holder belongs to; keeps none of it."""

from typing import Final

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke

TIMEOUT_SECONDS: Final = 5.0


class SegmentBranches:
    """Branches behind svc-segment's SubscriberService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = subscriber_pb2_grpc.SubscriberServiceStub(channel)

    async def branch_of(self, subscriber_id: int) -> str:
        """The subscriber's branch, empty where none is known. Raises Unavailable when svc-segment is away."""
        request = subscriber_pb2.LookUpBranchesRequest(subscriber_ids=[subscriber_id])
        answer = await invoke(self._stub.LookUpBranches, request, timeout_seconds=TIMEOUT_SECONDS)
        return next((entry.branch for entry in answer.entries), "")
