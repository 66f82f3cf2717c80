"""Ends lives as svc-segment's follower does; it must not ask what becomes of anything."""

from datetime import datetime

from carillon.segment.v1 import facts_pb2
from carillon_chassis.database import Database
from svc_reward.worker.life_facts import LifeFacts


async def end_lives(database: Database, *subscriber_ids: int, at: datetime) -> None:
    """Hears and books the fact."""
    lives = [facts_pb2.EndedSubscriber(subscriber_id=one, ended_on=f"{at:%Y-%m-%d}") for one in subscriber_ids]
    [handle] = LifeFacts().handlers().values()
    async with database.unit_of_work() as unit:
        await handle(unit, facts_pb2.SubscribersEnded(subscribers=lives), at)
