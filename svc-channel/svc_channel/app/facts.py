"""Renders what happened to messages as facts of the protocol; tells nothing by itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell
from svc_channel.domain.message import NO_CAMPAIGN
from svc_channel.store.doubts import ResentMessage
from svc_channel.store.inbound import ResolvedInbound
from svc_channel.store.messages import EndedMessage


async def tell_ended(unit: UnitOfWork, ended: Iterable[EndedMessage], *, now: datetime) -> None:
    """Tells MessagesEnded, one fact a campaign; a message that ends is told in the transaction that ends it.

    Of a message in no campaign nobody is told; who asked for it asks what became of it.
    """
    by_campaign: dict[UUID, list[EndedMessage]] = defaultdict(list)
    for message in ended:
        if message.campaign_id != NO_CAMPAIGN:
            by_campaign[message.campaign_id].append(message)
    for campaign_id, messages in by_campaign.items():
        fact = facts_pb2.MessagesEnded(
            campaign_id=str(campaign_id),
            delivered=[message.subscriber_id for message in messages if not message.reason],
            failed=[
                facts_pb2.FailedMessage(subscriber_id=message.subscriber_id, reason=message.reason)
                for message in messages
                if message.reason
            ],
            at=_timestamp(now),
            fallen=[
                facts_pb2.FallenMessage(subscriber_id=message.subscriber_id, channel=message.fallen_to)
                for message in messages
                if message.fallen_to
            ],
        )
        await tell(unit, fact, occurred_at=now)


async def tell_in_doubt(unit: UnitOfWork, resent: Iterable[ResentMessage], *, now: datetime) -> None:
    """Tells MessagesInDoubt of messages that are sent again, one fact a campaign."""
    by_campaign: dict[UUID, list[int]] = defaultdict(list)
    for message in resent:
        if message.campaign_id != NO_CAMPAIGN:
            by_campaign[message.campaign_id].append(message.subscriber_id)
    for campaign_id, subscriber_ids in by_campaign.items():
        fact = facts_pb2.MessagesInDoubt(campaign_id=str(campaign_id), subscriber_ids=subscriber_ids)
        await tell(unit, fact, occurred_at=now)


async def tell_inbound(
    unit: UnitOfWork, messages: Sequence[ResolvedInbound], *, opt_outs: Collection[UUID], now: datetime
) -> None:
    """Tells InboundReceived of messages whose senders are subscribers; ``opt_outs`` are the ids of those that opt out."""
    if not messages:
        return
    fact = facts_pb2.InboundReceived(
        messages=[
            facts_pb2.InboundMessage(
                subscriber_id=message.subscriber_id,
                recipient=message.recipient,
                text=message.text,
                at=_timestamp(message.received_at),
                keyword=message.keyword,
                opt_out=message.id in opt_outs,
            )
            for message in messages
        ]
    )
    await tell(unit, fact, occurred_at=now)


def _timestamp(at: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp
