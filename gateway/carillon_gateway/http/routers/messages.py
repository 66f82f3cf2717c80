"""Single messages and consents over HTTP; svc-channel judges and sends them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from carillon.channel.v1 import consent_pb2, single_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.messages import (
    Consent,
    Consents,
    Message,
    RecordConsent,
    SendMessage,
    parse_message,
    render_consent,
    render_message,
)
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["messages"], route_class=GuardedRoute)


@router.post("/messages", status_code=201, summary="Send one message")
async def send_message(body: SendMessage, call: CallDep) -> Message:
    """Durable when it answers (CHN-06). Who opted out of marketing, or has no number, gets one that failed.

    SUBSCRIBER_UNKNOWN answers 404, TEMPLATE_STATE 409, FORBIDDEN_WORD, TEXT_TOO_LONG and CHAIN_INVALID 422.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.to, field="to"), field="to")
    request = parse_message(body, request_id=call.request_id, subscriber_id=subscriber_id)
    return render_message((await invoke(call.peers.singles.SendMessage, request)).message)


@router.get("/messages/{id}", summary="Look at a message")
async def get_message(id: UUID, call: CallDep) -> Message:  # noqa: A002 -- the name of the others
    """Where it stands, by which channel, and what failed before. MESSAGE_UNKNOWN answers 404."""
    request = single_pb2.GetMessageRequest(id=str(id))
    return render_message((await invoke(call.peers.singles.GetMessage, request)).message)


@router.get("/subscribers/{msisdn}/consents", summary="Read what a subscriber allows")
async def list_consents(
    msisdn: Annotated[Msisdn, Path()],
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Consents:
    """What counts for each scope, with the proof of each word. SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = consent_pb2.ListConsentsRequest(subscriber_id=subscriber_id, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.consents.ListConsents, request)
    return Consents(
        current=[render_consent(one) for one in answer.current],
        entries=[render_consent(one) for one in answer.entries],
        next_page_token=answer.next_page_token or None,
    )


@router.post("/subscribers/{msisdn}/consents", status_code=201, summary="Book what a subscriber allows or withdraws")
async def record_consent(msisdn: Annotated[Msisdn, Path()], body: RecordConsent, call: CallDep) -> Consent:
    """One line of the ledger; from its answer on no marketing is handed to a line against it. SCOPE_INVALID answers 422."""
    request = consent_pb2.RecordConsentRequest(
        request_id=call.request_id,
        subscriber_id=await call.peers.subscriber_id(normalise_msisdn(msisdn)),
        scope=body.scope,
        state=consent_pb2.ConsentState.Value(f"CONSENT_STATE_{body.state.upper()}"),
        evidence=body.evidence,
        text=body.text or "",
    )
    return render_consent((await invoke(call.peers.consents.RecordConsent, request)).consent)
