"""Responses booked by sets: the earliest one inside the window stands, by whatever route and however often it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from carillon_chassis.database import UnitOfWork

# Followers of several services write the same members in their own order and would deadlock: they take turns by this
# lock, whose number means nothing. One click locks one row and needs no turn.
TAKE_TURN = "SELECT pg_advisory_xact_lock(20111128)"

# What was told reaches campaigns one way or another; the window here is ResponseWindow's: the first moment counts, the
# last doesn't. Nor does what somebody does whose life has ended. Locking by rising key, and testing again on the locked
# row, makes the earliest response win whoever comes first. MATERIALIZED works each step out once, where the planner, who
# can't know how few triggers a text sets off, would begin with the members.
BOOK = """
WITH told AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[]) AS told (subscriber_id, what, at, keyword)
),
reached (campaign_id, subscriber_id, at) AS MATERIALIZED ({reached}),
hit AS (
    SELECT campaign.id AS campaign_id, reached.subscriber_id, min(reached.at) AS at
    FROM reached
    JOIN campaign ON campaign.id = reached.campaign_id
        AND campaign.launched_at <= reached.at AND reached.at < campaign.window_ends_at
    WHERE NOT EXISTS (
        SELECT FROM ended_life
        WHERE ended_life.subscriber_id = reached.subscriber_id AND ended_life.ended_at <= reached.at
    )
    GROUP BY campaign.id, reached.subscriber_id
),
due AS (
    SELECT member.campaign_id, member.subscriber_id, hit.at, member.responded_at IS NULL AS first
    FROM hit JOIN member ON member.campaign_id = hit.campaign_id AND member.subscriber_id = hit.subscriber_id
    WHERE member.responded_at IS NULL OR hit.at < member.responded_at
    ORDER BY member.campaign_id, member.subscriber_id
    FOR UPDATE OF member
)
UPDATE member SET responded_at = due.at, response_route = '{route}' FROM due
WHERE member.campaign_id = due.campaign_id AND member.subscriber_id = due.subscriber_id
RETURNING due.first
"""
# A number may stand for every longer one, which ends with * then: so all its beginnings are looked up, and no trigger is
# compared with every text. Keywords are svc-channel's names.
TRIGGERS_OF_TEXTS = """
WITH written AS MATERIALIZED (
    SELECT told.subscriber_id, told.at, told.keyword, number.recipient
    FROM told
    CROSS JOIN LATERAL (
        SELECT '' UNION ALL SELECT told.what
        UNION ALL SELECT left(told.what, digits) || '*' FROM generate_series(3, least(length(told.what), 20)) AS digits
    ) AS number (recipient)
)
SELECT trigger.campaign_id, trigger.place, written.subscriber_id, written.at
FROM written
JOIN campaign_trigger AS trigger
    ON trigger.recipient = written.recipient AND trigger.event = '' AND trigger.keyword IN ('', written.keyword)
"""
BOOK_INBOUND = BOOK.format(
    route="inbound",
    reached="""
    SELECT campaign.id, told.subscriber_id, told.at FROM told JOIN campaign ON campaign.sender = told.what
    UNION ALL SELECT campaign_id, subscriber_id, at FROM ({texts}) AS triggered
    """,
).format(texts=TRIGGERS_OF_TEXTS)
BOOK_EVENTS = BOOK.format(
    route="event",
    reached="""
    SELECT campaign.id, told.subscriber_id, told.at FROM told
    JOIN campaign ON told.what = ANY (campaign.response_events)
    """,
)
FIND_LINK = """
SELECT campaign.link_target,
       campaign.launched_at <= $2 AND $2 < campaign.window_ends_at
       AND (member.responded_at IS NULL OR $2 < member.responded_at)
       AND NOT EXISTS (
           SELECT FROM ended_life WHERE ended_life.subscriber_id = member.subscriber_id AND ended_life.ended_at <= $2
       ) AS counts
FROM member JOIN campaign ON campaign.id = member.campaign_id
WHERE member.link_token = $1
"""
BOOK_CLICK = """
UPDATE member SET responded_at = $2, response_route = 'link'
WHERE link_token = $1 AND (responded_at IS NULL OR $2 < responded_at)
RETURNING true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a subscriber did: `what` is the number written to, or the type of the event.

    `keyword` is the name of the word that was written, and `attributes` are what the event says.
    """

    subscriber_id: int
    what: str
    at: datetime
    keyword: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Where a followed link leads, and whether it was booked as a response."""

    target: str
    booked: bool


async def take_turn(unit: UnitOfWork) -> None:
    """Waits until no other follower books members; the turn ends with the transaction."""
    await unit.driver.execute(TAKE_TURN)


async def book_inbound(unit: UnitOfWork, told: Sequence[Told]) -> int:
    """Books answers to campaigns' senders and triggers; answers how many members responded for the first time."""
    return await _book(unit, BOOK_INBOUND, told)


async def book_events(unit: UnitOfWork, told: Sequence[Told]) -> int:
    """Books events of the types that campaigns count; answers how many members responded for the first time."""
    return await _book(unit, BOOK_EVENTS, told)


async def book_click(unit: UnitOfWork, token: int, at: datetime) -> Click | None:
    """Books a followed link unless the member has responded before or is no more; None when no contact has the token."""
    row = await unit.driver.fetchrow(FIND_LINK, token, at)
    if row is None:
        return None
    booked = bool(row["counts"]) and bool(await unit.driver.fetchval(BOOK_CLICK, token, at))
    return Click(target=row["link_target"], booked=booked)


async def _book(unit: UnitOfWork, statement: str, told: Sequence[Told]) -> int:
    columns = (
        [one.subscriber_id for one in told],
        [one.what for one in told],
        [one.at for one in told],
        [one.keyword for one in told],
    )
    return sum(row["first"] for row in await unit.driver.fetch(statement, *columns))
