"""Follows svc-channel: what subscribers write becomes an event of theirs; it must not ask svc-channel anything."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from google.protobuf.message import Message

from carillon.channel.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.follower import Handler
from carillon_chassis.outbox import tell
from svc_segment.app.record_uplinks import record_uplinks
from svc_segment.domain.event import SMS_UPLINK, Event


class ChannelFacts:
    """The handler of the follower ``segment.channel``; ``render`` makes of events the fact that tells them."""

    def __init__(self, render: Callable[[Sequence[Event]], Message]) -> None:
        self._render = render

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {facts_pb2.InboundReceived: self.write}

    async def write(self, unit: UnitOfWork, fact: facts_pb2.InboundReceived, occurred_at: datetime) -> None:
        """Subscribers wrote to numbers of ours (SEG-60); who opted out did no more than that, and that is svc-channel's."""
        uplinks = [_event(message) for message in fact.messages if not message.opt_out]
        booked = await record_uplinks(unit, uplinks)
        if booked:
            await tell(unit, self._render(booked), occurred_at=occurred_at)


def _event(message: facts_pb2.InboundMessage) -> Event:
    """The number that was written to and the name of the word, where it is one; what else was written is not kept."""
    told = {"to": message.recipient, "keyword": message.keyword}
    return Event(
        subscriber_id=message.subscriber_id,
        type=SMS_UPLINK,
        at=message.at.ToDatetime(tzinfo=UTC),
        attributes={name: one for name, one in told.items() if one},
    )
