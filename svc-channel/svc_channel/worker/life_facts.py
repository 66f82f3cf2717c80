"""Follows svc-segment for whose lives ended; it must not ask svc-segment anything."""

from collections.abc import Mapping
from datetime import datetime

from google.protobuf.message import Message

from carillon.segment.v1 import facts_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_channel.app.end_lives import end_lives


class LifeFacts:
    """The handlers of the follower ``channel.segment``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.SubscribersEnded: self.end}

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscribersEnded, occurred_at: datetime) -> None:
        """Ends what waits to be sent to them."""
        ended = [one.subscriber_id for one in fact.subscribers]
        await end_lives(unit, ended, at=occurred_at, now=self._clock.now())
