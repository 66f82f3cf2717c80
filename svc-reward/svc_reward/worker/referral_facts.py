"""Follows svc-catalog and svc-segment for what friends do; it must not ask either of them anything."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from svc_reward.app.record_end import record_end
from svc_reward.app.record_events import record_events
from svc_reward.app.record_start import record_start
from svc_reward.app.settle_referrals import LuckyCodes


class ReferralFacts:
    """The handlers of the followers ``reward.referrals`` and ``reward.referrals.events``."""

    def __init__(self, lucky: LuckyCodes) -> None:
        self._lucky = lucky

    def of_catalog(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact of svc-catalog."""
        return {catalog_facts.OrderActivated: self.start, catalog_facts.SubscriptionEnded: self.end}

    def of_segment(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact of svc-segment."""
        return {segment_facts.EventsRecorded: self.events}

    async def start(self, unit: UnitOfWork, fact: catalog_facts.OrderActivated, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """A subscriber uses a service from now on."""
        await record_start(
            unit,
            order_id=fact.order_id,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            at=fact.activated_at.ToDatetime(tzinfo=UTC),
            lucky=self._lucky,
        )

    async def end(self, unit: UnitOfWork, fact: catalog_facts.SubscriptionEnded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """And no longer."""
        await record_end(
            unit,
            order_id=fact.order_id,
            subscriber_id=fact.subscriber_id,
            service=fact.service,
            at=fact.ended_at.ToDatetime(tzinfo=UTC),
        )

    async def events(self, unit: UnitOfWork, fact: segment_facts.EventsRecorded, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Downloads, log-ins and whatever else a programme asks for."""
        events = [(event.subscriber_id, event.type, event.at.ToDatetime(tzinfo=UTC)) for event in fact.events]
        await record_events(unit, events, lucky=self._lucky)
