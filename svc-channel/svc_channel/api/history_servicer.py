"""ContactHistoryService: reads requests, asks one use case, renders answers; decides nothing."""

from typing import Any

from carillon.channel.v1 import history_pb2, history_pb2_grpc
from carillon_chassis.database import Database
from svc_channel.api.timestamps import render_time
from svc_channel.app.list_contacts import list_contacts
from svc_channel.domain.contact import MAX_CONTACTS, Contact


class HistoryServicer(history_pb2_grpc.ContactHistoryServiceServicer):
    """What one subscriber was sent lately."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ListContacts(  # noqa: N802 -- the name is the protocol's
        self,
        request: history_pb2.ListContactsRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> history_pb2.ListContactsResponse:
        """The newest first."""
        contacts = await list_contacts(self._database, request.subscriber_id, limit=request.limit or MAX_CONTACTS)
        return history_pb2.ListContactsResponse(contacts=[_rendered(one) for one in contacts])


def _rendered(contact: Contact) -> history_pb2.Contact:
    return history_pb2.Contact(
        campaign_id=str(contact.campaign_id) if contact.campaign_id else "",
        channel=contact.channel,
        message_class=contact.message_class,
        sender=contact.sender,
        state=contact.state,
        reason=contact.reason,
        taken_at=render_time(contact.taken_at),
        ended_at=render_time(contact.ended_at),
    )
