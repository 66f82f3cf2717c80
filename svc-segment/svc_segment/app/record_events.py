"""Books what subscribers did; one bad event must not refuse the others."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event, RejectedEvent, ReportedEvent, find_fault
from svc_segment.domain.numbers import normalise_number
from svc_segment.store.events import insert_events
from svc_segment.store.live_touches import note_touched
from svc_segment.store.numbers import resolve_numbers


async def record_events(
    unit: UnitOfWork, reported: Sequence[ReportedEvent], *, now: datetime
) -> tuple[list[Event], list[RejectedEvent]]:
    """The events that are booked, in their order, and the others by index with field and reason (SEG-60).

    Refused are empty or long types, missing times, times in the future, invalid and unknown numbers.
    """
    rejected: dict[int, RejectedEvent] = {}
    numbers: dict[int, int] = {}
    for index, event in enumerate(reported):
        fault = find_fault(event, now=now)
        number = normalise_number(event.msisdn) if fault is None else None
        if fault is None and number is None:
            fault = ("msisdn", "this is no valid number; write it as +8613800138000")
        if fault is not None:
            rejected[index] = RejectedEvent(index=index, field=fault[0], detail=fault[1])
        elif number is not None:
            numbers[index] = number
    subscribers = await resolve_numbers(unit, sorted(set(numbers.values())))
    events = []
    for index, number in numbers.items():
        subscriber_id = subscribers.get(number)
        if subscriber_id is None:
            rejected[index] = RejectedEvent(index=index, field="msisdn", detail="nobody has this number")
        else:
            events.append(_event(reported[index], subscriber_id, now))
    if events:
        await insert_events(unit, events)
        await note_touched(unit, events)
    return events, [rejected[index] for index in sorted(rejected)]


def _event(reported: ReportedEvent, subscriber_id: int, now: datetime) -> Event:
    return Event(subscriber_id=subscriber_id, type=reported.type, at=reported.at or now, attributes=reported.attributes)
