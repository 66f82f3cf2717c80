"""Asks svc-segment what is known of a customer and what it is matched with; keeps none of it."""

from collections.abc import Sequence
from typing import Final

import grpc

from carillon.segment.v1 import match_pb2, match_pb2_grpc, subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound, StateRefused
from svc_channel.domain.scripts.script import NOBODY, Profile, Value
from svc_channel.domain.scripts.speech import Matched

# Somebody is on the phone meanwhile.
TIMEOUT_SECONDS: Final = 5.0


class SegmentCustomers:
    """See app.speak_script.Customers. It asks as whoever asks, so nobody learns more here than there."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._subscribers = subscriber_pb2_grpc.SubscriberServiceStub(channel)
        self._matches = match_pb2_grpc.MatchServiceStub(channel)

    async def profile(self, subscriber_id: int) -> Profile:
        """Attributes and segments. Raises Unavailable."""
        request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
        try:
            known = await invoke(self._subscribers.GetSubscriber, request, timeout_seconds=TIMEOUT_SECONDS)
        except NotFound:
            return NOBODY
        attributes = {one.name: value for one in known.attributes if (value := _read(one)) is not None}
        return Profile(attributes=attributes, segments=frozenset(known.segment_ids))

    async def matched(self, subscriber_id: int) -> Sequence[Matched]:
        """The recommended services of the newest match; none before the first (NO_MATCH). Raises Unavailable."""
        request = match_pb2.ExplainMatchRequest(subscriber_id=subscriber_id)
        try:
            answer = await invoke(self._matches.ExplainMatch, request, timeout_seconds=TIMEOUT_SECONDS)
        except (NotFound, StateRefused):
            return []
        return [
            Matched(
                service=reason.service,
                place=reason.place,
                rule=reason.rule,
                layer=reason.layer,
                principle=reason.principle,
                channels=tuple(reason.channels),
            )
            for reason in answer.reasons
            if reason.place
        ]


def _read(attribute: subscriber_pb2.AttributeValue) -> Value | None:
    kind = attribute.WhichOneof("value")
    return None if kind is None else getattr(attribute, kind)
