"""Asks svc-segment what subscribers' handsets can show; keeps none of it."""

from collections.abc import Mapping, Sequence

import grpc

from carillon.segment.v1 import handset_pb2, handset_pb2_grpc
from carillon_chassis.client import invoke
from svc_channel.domain.handset import Handset

# Handsets of 5,000 subscribers take some ten milliseconds; a peer that needs this long is in trouble.
TIMEOUT_SECONDS = 10.0


class SegmentHandsets:
    """The terminal data behind svc-segment's HandsetService (SEG-09)."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = handset_pb2_grpc.HandsetServiceStub(channel)

    async def describe(self, subscriber_ids: Sequence[int]) -> Mapping[int, Handset]:
        """Handsets by subscriber id, at most 10,000 a call. Raises Unavailable when svc-segment is away."""
        request = handset_pb2.DescribeHandsetsRequest(subscriber_ids=subscriber_ids)
        response = await invoke(self._stub.DescribeHandsets, request, timeout_seconds=TIMEOUT_SECONDS)
        return {
            one: handset for said in response.handsets for handset in [_handset(said)] for one in said.subscriber_ids
        }


def _handset(said: handset_pb2.Handset) -> Handset:
    return Handset(
        mms=said.mms if said.HasField("mms") else None,
        wap_push=said.wap_push if said.HasField("wap_push") else None,
        mms_octets=said.mms_octets if said.HasField("mms_octets") else None,
        picture_width=said.picture_width if said.HasField("picture_width") else None,
        picture_height=said.picture_height if said.HasField("picture_height") else None,
        picture_types=frozenset(said.picture_types),
    )
