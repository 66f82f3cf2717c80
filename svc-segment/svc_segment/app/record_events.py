"""Books what subscribers did; one bad event must not refuse the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from carillon_chassis.database import UnitOfWork
from svc_segment.app.record_sightings import record_sightings
from svc_segment.domain.event import Event, RejectedEvent, ReportedEvent, find_fault
from svc_segment.domain.numbers import normalise_number
from svc_segment.domain.scene import CELL_SEEN
from svc_segment.store.events import insert_events
from svc_segment.store.live_touches import note_touched
from svc_segment.store.numbers import resolve_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch: events that are booked, sightings of which scene and day are kept, and the refused."""

    events: Sequence[Event]
    sightings: int
    rejected: Sequence[RejectedEvent]


async def record_events(
    unit: UnitOfWork, reported: Sequence[ReportedEvent], *, now: datetime, zone: ZoneInfo
) -> Recorded:
    """The events that are booked, in their order, and the others by index with field and reason (SEG-60).

    Refused are empty or long types, missing times, times in the future, invalid and unknown numbers. What the cell
    system saw is no event: nothing of it is kept but who was in a chosen scene on which day (SEG-29).
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
    booked = [event for event in events if event.type != CELL_SEEN]
    seen = [event for event in events if event.type == CELL_SEEN]
    if booked:
        await insert_events(unit, booked)
        await note_touched(unit, booked)
    if seen:
        await record_sightings(unit, seen, zone=zone)
    return Recorded(events=booked, sightings=len(seen), rejected=[rejected[index] for index in sorted(rejected)])


def _event(reported: ReportedEvent, subscriber_id: int, now: datetime) -> Event:
    return Event(subscriber_id=subscriber_id, type=reported.type, at=reported.at or now, attributes=reported.attributes)
