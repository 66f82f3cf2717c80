"""Events of subscribers in JSON; one bad event must not refuse the others of its call."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from carillon.segment.v1 import event_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Msisdn, ShortText, Text, parse_time
from carillon_gateway.http.problems import field_path

# Up to 1,000 a call, as the contract has it: one call fills one batch of svc-segment.
EVENTS_LIMIT = 1000
# An event says what happened in a few words; a table belongs into a snapshot.
ATTRIBUTES_LIMIT = 50
VALUE_LENGTH = 500

Value = Annotated[Text, Field(max_length=VALUE_LENGTH)]


class Event(Body):
    """What a subscriber did, and when."""

    msisdn: Msisdn
    type: ShortText = Field(min_length=1, examples=["site_visit"])
    at: AwareDatetime = Field(description="RFC 3339, with its zone", examples=["2026-11-21T12:00:00Z"])
    attributes: dict[ShortText, Value | bool | int | float] = Field(default_factory=dict, max_length=ATTRIBUTES_LIMIT)


class RejectedEvent(Answer):
    """An event that was not booked."""

    index: int = Field(description="Its place in the array, from 0")
    field: str
    detail: str


class EventsRecorded(Answer):
    """How many events were booked, and which were not."""

    accepted: int
    rejected: list[RejectedEvent]


EVENT = TypeAdapter(Event)


def parse_events(items: Sequence[Any]) -> tuple[list[int], list[event_pb2.Event], list[RejectedEvent]]:
    """The indexes and messages of well-formed events, and the others with the first thing wrong with each."""
    indexes: list[int] = []
    events: list[event_pb2.Event] = []
    rejected: list[RejectedEvent] = []
    for index, item in enumerate(items):
        try:
            event = EVENT.validate_python(item)
            message = _message(event)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[0]
            rejected.append(RejectedEvent(index=index, field=field_path(("", *found["loc"])), detail=found["msg"]))
        except (ValueError, OverflowError):
            rejected.append(RejectedEvent(index=index, field="at", detail="lies beyond the years 1 to 9999 in UTC"))
        else:
            indexes.append(index)
            events.append(message)
    return indexes, events, rejected


def _message(event: Event) -> event_pb2.Event:
    return event_pb2.Event(
        msisdn=event.msisdn,
        type=event.type,
        at=parse_time(event.at),
        attributes={name: _text(value) for name, value in event.attributes.items()},
    )


def _text(value: str | bool | float) -> str:
    """A value as text; a truth value as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
