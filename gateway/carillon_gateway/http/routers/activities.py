"""Taking part in activities over HTTP; svc-reward decides who gets what."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.reward.v1 import sale_pb2
from carillon_chassis.errors import Conflict, NotFound
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.sales import OUTCOMES, Enter, Entry
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1/activities", tags=["activities"], route_class=GuardedRoute)


@router.post(
    "/{id}/entries",
    status_code=201,
    summary="Take part in an activity",
    responses={200: {"model": Entry, "description": "Nothing new was claimed; the outcome says why"}},
)
async def enter_activity(id: UUID, body: Enter, call: CallDep, response: Response) -> Entry:  # noqa: A002 -- the contract's name
    """Claims a piece of a flash sale: 201 with the claim, or 200 with the reason why there is none.

    Who has a claim already hears which. ACTIVITY_UNKNOWN and SUBSCRIBER_UNKNOWN answer 404.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    attempt = sale_pb2.Attempt(request_id=call.request_id, sale_id=str(id), subscriber_id=subscriber_id)
    outcome = await call.peers.claims.claim(attempt)
    if outcome.outcome == "SALE_UNKNOWN":
        raise NotFound(reason="ACTIVITY_UNKNOWN", field="id", detail="there is no such activity")
    if outcome.outcome == "IDEMPOTENCY_CONFLICT":
        raise Conflict(
            reason="IDEMPOTENCY_CONFLICT",
            field="request_id",
            detail="this key was used before for another entry; use a new key for a new one",
        )
    if outcome.outcome != "CLAIMED":
        response.status_code = 200
    return Entry(entry_id=outcome.claim_id or None, outcome=OUTCOMES[outcome.outcome])
