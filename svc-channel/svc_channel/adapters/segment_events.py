"""Tells svc-segment by gRPC what subscribers did; keeps nothing of it."""

from collections.abc import Sequence

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2, event_pb2_grpc
from carillon_chassis.client import invoke
from svc_channel.store.market_events import KeptEvent

TIMEOUT_SECONDS = 10.0


class SegmentEvents:
    """svc-segment's EventService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = event_pb2_grpc.EventServiceStub(channel)

    async def record(self, request_id: str, events: Sequence[KeptEvent]) -> int:
        """Books at most 1,000 events once by the request's id; how many of them it took. Raises Unavailable."""
        request = event_pb2.RecordEventsRequest(request_id=request_id, events=[_rendered(event) for event in events])
        answer = await invoke(self._stub.RecordEvents, request, timeout_seconds=TIMEOUT_SECONDS)
        return answer.accepted


def _rendered(event: KeptEvent) -> event_pb2.Event:
    at = Timestamp()
    at.FromDatetime(event.at)
    attributes = {**event.attributes, "line": event.line}
    return event_pb2.Event(msisdn=event.msisdn, type=f"market_{event.type}", at=at, attributes=attributes)
