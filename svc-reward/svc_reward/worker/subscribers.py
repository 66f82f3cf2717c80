"""Asks svc-segment for a subscriber's city and number, for who hands rewards over; it keeps neither."""

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, acting_as
from svc_reward.domain.fulfilment import MAX_CITY_LENGTH

# One subscriber's view is milliseconds; a peer that needs this long is in trouble.
TIMEOUT_SECONDS = 10.0
WORKER = Identity(subject="service:reward")


class Subscribers:
    """What svc-segment knows of subscribers. All calls raise Unavailable when it is away."""

    def __init__(self, channel: grpc.aio.Channel, *, city_attribute: str) -> None:
        self._stub = subscriber_pb2_grpc.SubscriberServiceStub(channel)
        self._city_attribute = city_attribute

    async def city(self, subscriber_id: int) -> str:
        """The branch that serves a subscriber, empty where nothing is known of one."""
        request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
        try:
            with acting_as(WORKER):
                answer = await invoke(self._stub.GetSubscriber, request, timeout_seconds=TIMEOUT_SECONDS)
        except NotFound:
            return ""
        for attribute in answer.attributes:
            if attribute.name == self._city_attribute:
                return "".join(filter(str.isprintable, attribute.text)).strip()[:MAX_CITY_LENGTH].strip()
        return ""

    async def number(self, subscriber_id: int) -> str:
        """The number to recharge, in E.164; empty where the subscriber has none any more."""
        request = subscriber_pb2.LookUpNumbersRequest(subscriber_ids=[subscriber_id])
        with acting_as(WORKER):
            answer = await invoke(self._stub.LookUpNumbers, request, timeout_seconds=TIMEOUT_SECONDS)
        return next((entry.msisdn for entry in answer.entries), "")
