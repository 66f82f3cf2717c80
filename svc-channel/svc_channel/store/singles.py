"""Messages that stand by themselves, in no campaign: answers to words, and what somebody asked for one by one.

They ride the same table and the same lines as everything else, under the nil campaign, and are told by nobody's fact.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.channel import Channel, MessageClass, route_of
from svc_channel.domain.message import NO_CAMPAIGN, MessageState

# Batches of singles have nothing to be replayed by; the column wants a hash all the same.
NO_CONTENT = hashlib.sha256().digest()

INSERT_BATCH = """
INSERT INTO batch (campaign_id, number, sender, content_hash, accepted, traceparent, taken_at)
VALUES ($1, nextval('single_batch'), $2, $3, $4, $5, $6) RETURNING number
"""

# Ids are given in the order of the rows.
INSERT = """
INSERT INTO message (campaign_id, batch, subscriber_id, msisdn, text, parts, state, reason, due_at, ended_at,
                     channel, class, route, expires_at, content, category, fallback)
SELECT $1, $2, subscriber_id, msisdn, text, parts, state::message_state, reason,
       CASE WHEN state = 'queued' THEN $3::timestamptz END, CASE WHEN state = 'failed' THEN $3::timestamptz END,
       channel::message_channel, class::message_class, route, expires_at, content, category, fallback::jsonb
FROM unnest($4::bigint[], $5::text[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::text[], $13::timestamptz[], $14::bytea[], $15::text[], $16::text[])
     WITH ORDINALITY AS s (subscriber_id, msisdn, text, parts, state, reason, channel, class, route, expires_at,
                           content, category, fallback, place)
ORDER BY place
RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One message; with a ``failure`` it ends at once and keeps no text. ``fallback`` is the JSON of what may follow."""

    subscriber_id: int
    msisdn: str
    sender: str
    text: str
    parts: int
    channel: Channel = Channel.SMS
    message_class: MessageClass = MessageClass.REPLY
    category: str = ""
    expires_at: datetime | None = None
    content: bytes | None = None
    route: str = ""
    """Empty for the one that the channel has where no prefix decides."""
    fallback: str | None = None
    failure: str = ""


async def book_singles(
    unit: UnitOfWork, singles: Sequence[Single], *, now: datetime, traceparent: str = ""
) -> list[int]:
    """Writes messages that are due now; answers their ids in the order given."""
    by_sender: dict[str, list[int]] = {}
    for index, single in enumerate(singles):
        by_sender.setdefault(single.sender, []).append(index)
    ids = [0] * len(singles)
    for sender, indexes in by_sender.items():
        booked = await _book(unit, sender, [singles[index] for index in indexes], now=now, traceparent=traceparent)
        for index, message_id in zip(indexes, booked, strict=True):
            ids[index] = message_id
    return ids


async def _book(
    unit: UnitOfWork, sender: str, singles: Sequence[Single], *, now: datetime, traceparent: str
) -> list[int]:
    number = await unit.driver.fetchval(INSERT_BATCH, NO_CAMPAIGN, sender, NO_CONTENT, len(singles), traceparent, now)
    rows = await unit.driver.fetch(
        INSERT,
        NO_CAMPAIGN,
        number,
        now,
        [one.subscriber_id for one in singles],
        [one.msisdn for one in singles],
        ["" if one.failure else one.text for one in singles],
        [0 if one.failure else one.parts for one in singles],
        [(MessageState.FAILED if one.failure else MessageState.QUEUED).value for one in singles],
        [one.failure for one in singles],
        [one.channel.value for one in singles],
        [one.message_class.value for one in singles],
        [one.route or route_of(one.channel) for one in singles],
        [one.expires_at for one in singles],
        [None if one.failure else one.content for one in singles],
        [one.category for one in singles],
        [None if one.failure else one.fallback for one in singles],
    )
    return sorted(row["id"] for row in rows)
