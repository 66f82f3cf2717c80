"""A stand-in for svc-channel's history of contacts that answers from memory; it must not be more than the edge's tests need."""

import uuid
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import history_pb2, history_pb2_grpc
from carillon_chassis.errors import Unavailable

TAKEN_AT = Timestamp(seconds=1_795_262_400)


class ContactsStandIn(history_pb2_grpc.ContactHistoryServiceServicer):
    """One message of a campaign that was delivered and one of none that waits; away when it is told to be."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[int] = []

    async def ListContacts(self, request: history_pb2.ListContactsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The same for everybody."""
        self.asked.append(request.subscriber_id)
        if self.away:
            raise Unavailable(reason="DATABASE_AWAY", detail="it is away")
        waiting = history_pb2.Contact(
            channel="sms", message_class="reply", sender="10086", state="queued", taken_at=TAKEN_AT
        )
        delivered = history_pb2.Contact(
            campaign_id=str(uuid.UUID(int=3)),
            channel="wap_push",
            message_class="marketing",
            sender="1008611",
            state="delivered",
            taken_at=TAKEN_AT,
            ended_at=TAKEN_AT,
        )
        return history_pb2.ListContactsResponse(contacts=[waiting, delivered])
