"""Asks svc-segment what a subscriber is to the music club; keeps none of it."""

from typing import Final

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from svc_channel.domain.membership import MemberTier, read_tier

TIMEOUT_SECONDS: Final = 5.0
# The attribute of the subscriber data that says it (SEG-72).
TIER_ATTRIBUTE: Final = "music_member"


class SegmentMemberships:
    """Memberships behind svc-segment's SubscriberService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = subscriber_pb2_grpc.SubscriberServiceStub(channel)

    async def tier_of(self, subscriber_id: int) -> MemberTier:
        """The subscriber's tier; no member where nothing is known. Raises Unavailable when svc-segment is away."""
        request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
        try:
            known = await invoke(self._stub.GetSubscriber, request, timeout_seconds=TIMEOUT_SECONDS)
        except NotFound:
            return MemberTier.NON_MEMBER
        words = (one.text for one in known.attributes if one.name == TIER_ATTRIBUTE)
        return read_tier(next(words, ""))
