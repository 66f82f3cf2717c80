"""Stands in for svc-segment over real gRPC: numbers that a test sets; nothing of it is used by the product."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from carillon.segment.v1 import (
    event_pb2,
    event_pb2_grpc,
    handset_pb2,
    handset_pb2_grpc,
    subscriber_pb2,
    subscriber_pb2_grpc,
)


@dataclass
class Segment(
    subscriber_pb2_grpc.SubscriberServiceServicer,
    event_pb2_grpc.EventServiceServicer,
    handset_pb2_grpc.HandsetServiceServicer,
):
    """Everyone has a number, +86138 and the id, except whom a test leaves out."""

    numberless: set[int] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    calls: int = 0
    # Handsets with who has them, and how often somebody asked for any.
    handsets: list[handset_pb2.Handset] = field(default_factory=list)
    handset_calls: int = 0
    # What was told, by the id of the request: the same id again books nothing.
    events: dict[str, list[event_pb2.Event]] = field(default_factory=dict)
    refusing_events: bool = False

    async def RecordEvents(
        self, request: event_pb2.RecordEventsRequest, context: Any
    ) -> event_pb2.RecordEventsResponse:
        """Books events once; while it refuses, it books and then fails, as a peer that goes away does."""
        self.events.setdefault(request.request_id, list(request.events))
        if self.refusing_events:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return event_pb2.RecordEventsResponse(accepted=len(request.events))

    async def ListRecentEvents(
        self, request: event_pb2.ListRecentEventsRequest, context: Any
    ) -> event_pb2.ListRecentEventsResponse:
        """Nobody has done anything."""
        return event_pb2.ListRecentEventsResponse()

    async def LookUpBranches(
        self, request: subscriber_pb2.LookUpBranchesRequest, context: Any
    ) -> subscriber_pb2.LookUpBranchesResponse:
        """Nobody belongs to a branch."""
        return subscriber_pb2.LookUpBranchesResponse()

    async def LookUpNumbers(
        self, request: subscriber_pb2.LookUpNumbersRequest, context: Any
    ) -> subscriber_pb2.LookUpNumbersResponse:
        """Numbers of ids."""
        self.calls += 1
        return subscriber_pb2.LookUpNumbersResponse(
            entries=[
                subscriber_pb2.NumberEntry(msisdn=number_of(one), subscriber_id=one)
                for one in request.subscriber_ids
                if one not in self.numberless
            ]
        )

    async def ResolveNumbers(
        self, request: subscriber_pb2.ResolveNumbersRequest, context: Any
    ) -> subscriber_pb2.ResolveNumbersResponse:
        """Ids of numbers."""
        self.calls += 1
        return subscriber_pb2.ResolveNumbersResponse(
            entries=[
                subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=int(msisdn.removeprefix("+86138")))
                for msisdn in request.msisdns
                if msisdn not in self.strangers
            ]
        )

    async def GetSubscriber(
        self, request: subscriber_pb2.GetSubscriberRequest, context: Any
    ) -> subscriber_pb2.GetSubscriberResponse:
        """A subscriber without attributes."""
        return subscriber_pb2.GetSubscriberResponse(subscriber_id=request.subscriber_id)

    async def DescribeHandsets(
        self, request: handset_pb2.DescribeHandsetsRequest, context: Any
    ) -> handset_pb2.DescribeHandsetsResponse:
        """Those of the handsets that somebody asked for has."""
        self.handset_calls += 1
        asked = set(request.subscriber_ids)
        return handset_pb2.DescribeHandsetsResponse(
            handsets=[one for one in self.handsets if asked & set(one.subscriber_ids)]
        )

    async def EndLife(self, request: subscriber_pb2.EndLifeRequest, context: Any) -> subscriber_pb2.EndLifeResponse:
        """Whoever it is lives on."""
        return subscriber_pb2.EndLifeResponse(subscriber_id=int(request.msisdn.removeprefix("+86138")))


def number_of(subscriber_id: int) -> str:
    """The number that the stand-in gives a subscriber."""
    return f"+86138{subscriber_id:08d}"


@asynccontextmanager
async def serve_segment(segment: Segment, address: str) -> AsyncIterator[None]:
    """The stand-in on a unix socket for the time of a block."""
    server = grpc.aio.server()
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(segment, server)
    event_pb2_grpc.add_EventServiceServicer_to_server(segment, server)
    handset_pb2_grpc.add_HandsetServiceServicer_to_server(segment, server)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield
    finally:
        await server.stop(0)
