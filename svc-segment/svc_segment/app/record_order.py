"""Books what an order changed as an event of its subscriber; it must not ask svc-catalog anything."""

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event
from svc_segment.store.events import insert_events
from svc_segment.store.live_touches import note_touched
from svc_segment.store.numbers import look_up_numbers


async def record_order(unit: UnitOfWork, event: Event) -> bool:
    """Windows over events see it, and memberships whose rules read it are renewed within seconds (SEG-05, SEG-80).

    False, and nothing is booked, for an ordinal that was never granted or whose life has ended. No fact tells the
    event: whoever wants to know of orders follows svc-catalog itself.
    """
    if event.subscriber_id not in await look_up_numbers(unit, [event.subscriber_id]):
        return False
    await insert_events(unit, [event])
    await note_touched(unit, [event])
    return True
