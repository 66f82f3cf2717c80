"""Books what subscribers wrote as their events; it must not keep the words, nor ask svc-channel anything."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event
from svc_segment.store.events import insert_events
from svc_segment.store.live_touches import note_touched
from svc_segment.store.numbers import look_up_numbers


async def record_uplinks(unit: UnitOfWork, uplinks: Sequence[Event]) -> Sequence[Event]:
    """Windows over events see them, and memberships whose rules read them are renewed within seconds (SEG-60).

    Answers what was booked: all but those of ordinals that were never granted or whose life has ended.
    """
    living = await look_up_numbers(unit, sorted({event.subscriber_id for event in uplinks}))
    booked = [event for event in uplinks if event.subscriber_id in living]
    if booked:
        await insert_events(unit, booked)
        await note_touched(unit, booked)
    return booked
