"""Stand-ins for the subscribers, events and snapshots of svc-segment that answer from memory; they must not be more than the edge's tests need."""

import hashlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

from carillon.segment.v1 import (
    event_pb2,
    event_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    subscriber_pb2,
    subscriber_pb2_grpc,
)
from carillon_chassis.errors import NotFound
from carillon_gateway.testing.catalogue import Calls

SUBSCRIBER_ID = 7
FRIEND = "+8613700137000"
NUMBERS = {"+8613800138000": SUBSCRIBER_ID, FRIEND: SUBSCRIBER_ID + 1}
AS_OF = "2008-03-20"


class SubscribersStandIn(subscriber_pb2_grpc.SubscriberServiceServicer):
    """One subscriber and a friend."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def ResolveNumbers(self, request: subscriber_pb2.ResolveNumbersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The known ones."""
        self._calls.note("ResolveNumbers")
        entries = [
            subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=NUMBERS[msisdn])
            for msisdn in request.msisdns
            if msisdn in NUMBERS
        ]
        return subscriber_pb2.ResolveNumbersResponse(entries=entries)

    async def LookUpNumbers(self, request: subscriber_pb2.LookUpNumbersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The known ones."""
        entries = [
            subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=one)
            for msisdn, one in NUMBERS.items()
            if one in request.subscriber_ids
        ]
        return subscriber_pb2.LookUpNumbersResponse(entries=entries)

    async def EndLife(self, request: subscriber_pb2.EndLifeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The known ones can end; they stay known."""
        if request.msisdn not in NUMBERS:
            raise NotFound(reason="SUBSCRIBER_UNKNOWN", field="msisdn", detail="nobody has this number")
        return subscriber_pb2.EndLifeResponse(subscriber_id=NUMBERS[request.msisdn])

    async def LookUpBranches(self, request: subscriber_pb2.LookUpBranchesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Nobody's is known."""
        return subscriber_pb2.LookUpBranchesResponse()

    async def GetSubscriber(self, request: subscriber_pb2.GetSubscriberRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One attribute of each type."""
        values = [
            subscriber_pb2.AttributeValue(name="recency", integer=6, dimension="consumption"),
            subscriber_pb2.AttributeValue(name="history", number=329.08),
            subscriber_pb2.AttributeValue(name="zip_code", text="Urban"),
            subscriber_pb2.AttributeValue(name="newbie", boolean=True),
            subscriber_pb2.AttributeValue(name="joined", date="2007-01-02"),
            subscriber_pb2.AttributeValue(name="handset", dimension="terminal"),
        ]
        return subscriber_pb2.GetSubscriberResponse(
            subscriber_id=request.subscriber_id, attributes=values, segment_ids=[str(uuid.UUID(int=1))], as_of=AS_OF
        )


class EventsStandIn(event_pb2_grpc.EventServiceServicer):
    """Books events of the known number."""

    def __init__(self) -> None:
        self.booked: list[event_pb2.Event] = []

    async def RecordEvents(self, request: event_pb2.RecordEventsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Good ones are kept, unknown numbers told by index."""
        rejected = []
        for index, event in enumerate(request.events):
            if event.msisdn in NUMBERS:
                self.booked.append(event)
            else:
                rejected.append(event_pb2.RejectedEvent(index=index, field="msisdn", detail="nobody has this number"))
        accepted = len(request.events) - len(rejected)
        return event_pb2.RecordEventsResponse(accepted=accepted, rejected=rejected)

    async def ListRecentEvents(self, request: event_pb2.ListRecentEventsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One visit."""
        answer = event_pb2.ListRecentEventsResponse()
        answer.events.add(type="page_visit", attributes={"page": "/tones"}).at.FromJsonString("2026-11-21T11:00:00Z")
        answer.as_of.FromJsonString("2026-11-21T12:00:00Z")
        answer.since.FromJsonString("2026-10-22T12:00:00Z")
        return answer


class SnapshotsStandIn(snapshot_pb2_grpc.SnapshotServiceServicer):
    """Takes uploads piece by piece and keeps only their digest."""

    def __init__(self) -> None:
        self.headers: list[snapshot_pb2.SnapshotHeader] = []
        self.largest_piece = 0
        self._snapshots: dict[str, snapshot_pb2.Snapshot] = {}

    async def UploadSnapshot(self, request: AsyncIterator[snapshot_pb2.UploadSnapshotRequest], context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Digests the pieces."""
        digest = hashlib.sha256()
        async for part in request:
            if part.WhichOneof("part") == "header":
                self.headers.append(part.header)
            else:
                self.largest_piece = max(self.largest_piece, len(part.piece))
                digest.update(part.piece)
        header = self.headers[-1]
        snapshot = snapshot_pb2.Snapshot(
            id=str(uuid.uuid4()),
            state=snapshot_pb2.SNAPSHOT_STATE_RECEIVED,
            as_of=header.as_of,
            kind=header.kind,
            file_name=header.file_name,
            sha256=digest.hexdigest(),
            month=header.month,
            name=header.name,
        )
        self._snapshots[snapshot.id] = snapshot
        return snapshot_pb2.UploadSnapshotResponse(snapshot=snapshot)

    async def GetSnapshot(self, request: snapshot_pb2.GetSnapshotRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The kept one."""
        if request.id not in self._snapshots:
            raise NotFound(reason="SNAPSHOT_UNKNOWN", field="id", detail="there is no such snapshot")
        return snapshot_pb2.GetSnapshotResponse(snapshot=self._snapshots[request.id])

    async def ListRejects(self, request: snapshot_pb2.ListRejectsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One bad row."""
        reject = snapshot_pb2.Reject(row=3, field="recency", reason="WRONG_TYPE", detail="'six' is no integer")
        return snapshot_pb2.ListRejectsResponse(rejects=[reject])

    async def ListAttributes(self, request: snapshot_pb2.ListAttributesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One attribute."""
        attribute = snapshot_pb2.Attribute(
            name="recency",
            type=snapshot_pb2.ATTRIBUTE_TYPE_INTEGER,
            unit="months",
            description="since the last purchase",
        )
        return snapshot_pb2.ListAttributesResponse(attributes=[attribute])
