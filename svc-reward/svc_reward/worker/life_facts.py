"""Follows svc-segment for whose lives ended; it must not ask svc-segment anything."""

from collections.abc import Mapping
from datetime import datetime

from google.protobuf.message import Message

from carillon.segment.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_reward.app.end_lives import end_lives


class LifeFacts:
    """The handlers of the follower ``reward.lives``."""

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.SubscribersEnded: self.end}

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscribersEnded, occurred_at: datetime) -> None:
        """Gives up what is open for them."""
        await end_lives(unit, [one.subscriber_id for one in fact.subscribers], at=occurred_at)
