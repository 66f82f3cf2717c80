"""Asks svc-segment what a subscriber's handset can show; keeps none of it."""

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from svc_channel.domain.channel import Channel

TIMEOUT_SECONDS = 5.0
# Attributes of the terminal data, and the channel that a handset without it can't show.
NEEDED = {"supports_mms": Channel.MMS, "supports_gprs": Channel.WAP_PUSH}


class SegmentHandsets:
    """The terminal data behind svc-segment's SubscriberService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = subscriber_pb2_grpc.SubscriberServiceStub(channel)

    async def incapable_of(self, subscriber_id: int) -> frozenset[str]:
        """Channels whose attribute is there and false. Raises Unavailable when svc-segment is away."""
        request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
        try:
            known = await invoke(self._stub.GetSubscriber, request, timeout_seconds=TIMEOUT_SECONDS)
        except NotFound:
            return frozenset()
        return frozenset(
            NEEDED[one.name].value
            for one in known.attributes
            if one.name in NEEDED and one.WhichOneof("value") == "boolean" and not one.boolean
        )
