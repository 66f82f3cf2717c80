"""Stops commission for continued use when a subscriber gives a service up (RWD-19); it must not touch what is locked."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.store.commission_events import keep_usage_end, lock_usage
from svc_reward.store.commission_lines import void_unused_lines


async def end_usage(unit: UnitOfWork, *, subscriber_id: int, service: str, at: datetime) -> int:
    """How many instalments are void now. Those not priced yet are priced with the end in mind.

    The events are locked first: pricing has either written their lines by then or will see the end.
    """
    events = await lock_usage(unit, subscriber_id=subscriber_id, service=service)
    if not events:
        return 0
    await keep_usage_end(unit, subscriber_id=subscriber_id, service=service, at=at)
    return await void_unused_lines(unit, events, ended_at=at)
