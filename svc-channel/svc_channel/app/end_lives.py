"""Sends nothing more to lives that ended: their number may be somebody else's; it must not ask whose."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.app.facts import tell_ended
from svc_channel.store.ended_lives import end_queued, keep_ended
from svc_channel.store.staff_numbers import end_staff


async def end_lives(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime, now: datetime) -> int:
    """How many messages that waited end now, for LIFE_ENDED; each is told, and hearing of a life again changes nothing."""
    await keep_ended(unit, subscriber_ids, at=at)
    await end_staff(unit, subscriber_ids)
    ended = await end_queued(unit, subscriber_ids, now=now)
    await tell_ended(unit, ended, now=now)
    return len(ended)
