"""Asks svc-segment for numbers by gRPC; keeps none of them."""

from collections.abc import Mapping, Sequence

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke

# A look-up of 5,000 ids takes some ten milliseconds; a peer that needs this long is in trouble.
TIMEOUT_SECONDS = 10.0


class SegmentNumbers:
    """The numbers behind svc-segment's SubscriberService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = subscriber_pb2_grpc.SubscriberServiceStub(channel)

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Numbers by subscriber id, at most 10,000 a call. Raises Unavailable when svc-segment is away."""
        request = subscriber_pb2.LookUpNumbersRequest(subscriber_ids=subscriber_ids)
        response = await invoke(self._stub.LookUpNumbers, request, timeout_seconds=TIMEOUT_SECONDS)
        return {entry.subscriber_id: entry.msisdn for entry in response.entries}

    async def resolve(self, msisdns: Sequence[str]) -> Mapping[str, int]:
        """Subscriber ids by number, at most 10,000 a call. Raises Unavailable when svc-segment is away."""
        request = subscriber_pb2.ResolveNumbersRequest(msisdns=msisdns)
        response = await invoke(self._stub.ResolveNumbers, request, timeout_seconds=TIMEOUT_SECONDS)
        return {entry.msisdn: entry.subscriber_id for entry in response.entries}
