"""Follows svc-segment: whose lives ended; it must not ask svc-segment anything."""

from collections.abc import Mapping
from datetime import date, datetime

from google.protobuf.message import Message

from carillon.segment.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_catalog.app.end_lives import end_lives
from svc_catalog.app.facts import OrderFacts


class SegmentFacts:
    """The handlers of the follower ``catalog.segment``."""

    def __init__(self, facts: OrderFacts) -> None:
        self._facts = facts

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.SubscribersEnded: self.end}

    async def end(self, unit: UnitOfWork, fact: facts_pb2.SubscribersEnded, occurred_at: datetime) -> None:
        """Ends what they had, at the moment from which they were nobody's."""
        ended = {one.subscriber_id: date.fromisoformat(one.ended_on) for one in fact.subscribers}
        await end_lives(unit, ended, facts=self._facts, at=occurred_at)
