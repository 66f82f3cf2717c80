"""Joins long inbound messages whose parts have waited; what stays in pieces is kept as pieces and told as such."""

from datetime import datetime, timedelta

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.inbound import join_pieces
from svc_channel.store.inbound import book_inbound
from svc_channel.store.inbound_pieces import take_late_pieces

# Networks send the parts of one message within seconds; one that comes after this time comes alone.
PATIENCE = timedelta(seconds=60)
MESSAGES_A_TURN = 500


async def join_inbound(unit: UnitOfWork, *, now: datetime) -> int:
    """Makes messages of late parts, and answers how many messages."""
    late = await take_late_pieces(unit, before=now - PATIENCE, limit=MESSAGES_A_TURN)
    messages = [message for pieces in late for message in join_pieces(pieces)]
    await book_inbound(unit, messages)
    return len(messages)
