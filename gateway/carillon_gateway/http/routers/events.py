"""What subscribers do, told by portals and partners over HTTP; svc-segment books it."""

from typing import Any

from fastapi import APIRouter

from carillon.segment.v1 import event_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.events import EVENTS_LIMIT, Event, EventsRecorded, RejectedEvent, parse_events

router = APIRouter(prefix="/api/v1/events", tags=["events"], route_class=GuardedRoute)

# The body is taken as loose items, so that one bad event does not refuse the others; the document shows the shape.
DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": EVENTS_LIMIT,
                    "items": {"$ref": "#/components/schemas/Event"},
                }
            }
        },
    }
}
DOCUMENTED_MODELS = (Event,)


@router.post("", status_code=202, summary="Tell what subscribers did", openapi_extra=DOCUMENT)
async def record_events(body: list[Any], call: CallDep) -> EventsRecorded:
    """Books up to 1,000 events. Good ones are booked, bad ones are told by their index; the call itself succeeds."""
    if not 1 <= len(body) <= EVENTS_LIMIT:
        raise InvalidInput(
            reason="EVENTS_COUNT", field="", detail=f"send 1 to {EVENTS_LIMIT} events a call, not {len(body)}"
        )
    indexes, events, rejected = parse_events(body)
    accepted = 0
    if events:
        request = event_pb2.RecordEventsRequest(request_id=call.request_id, events=events)
        answer = await invoke(call.peers.events.RecordEvents, request)
        accepted = answer.accepted
        rejected += [
            RejectedEvent(index=indexes[found.index], field=found.field, detail=found.detail)
            for found in answer.rejected
        ]
    return EventsRecorded(accepted=accepted, rejected=sorted(rejected, key=lambda found: found.index))
