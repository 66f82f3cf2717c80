"""Members who set a campaign's trigger off, and the batches that carry what they are answered; sends nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.trigger import CELL, CELL_LENGTH_LIMIT
from svc_campaign.store.responses import TRIGGERS_OF_TEXTS, Told

# Once a member and trigger, by the first time it was set off; never for a hold-out, nor after a life has ended.
KEEP_DUE = """
WITH told AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::jsonb[])
        AS told (subscriber_id, what, at, keyword, attributes)
),
triggered (campaign_id, place, subscriber_id, at, cell) AS MATERIALIZED ({triggered})
INSERT INTO answer (campaign_id, place, subscriber_id, triggered_at, cell)
SELECT DISTINCT ON (triggered.campaign_id, triggered.place, triggered.subscriber_id)
       triggered.campaign_id, triggered.place, triggered.subscriber_id, triggered.at, triggered.cell
FROM triggered
JOIN campaign_trigger AS trigger ON trigger.campaign_id = triggered.campaign_id AND trigger.place = triggered.place
    AND trigger.template IS NOT NULL
JOIN campaign ON campaign.id = triggered.campaign_id
    AND campaign.launched_at <= triggered.at AND triggered.at < campaign.window_ends_at
JOIN member ON member.campaign_id = campaign.id AND member.subscriber_id = triggered.subscriber_id
JOIN arm ON arm.campaign_id = campaign.id AND arm.place = member.arm AND NOT arm.holdout
WHERE NOT EXISTS (
    SELECT FROM ended_life
    WHERE ended_life.subscriber_id = triggered.subscriber_id AND ended_life.ended_at <= triggered.at
)
ORDER BY triggered.campaign_id, triggered.place, triggered.subscriber_id, triggered.at
ON CONFLICT DO NOTHING
"""
KEEP_DUE_BY_TEXT = KEEP_DUE.format(triggered="SELECT *, '' FROM ({texts}) AS text").format(texts=TRIGGERS_OF_TEXTS)
KEEP_DUE_BY_EVENT = KEEP_DUE.format(
    triggered="""
    SELECT trigger.campaign_id, trigger.place, told.subscriber_id, told.at,
           left(coalesce(told.attributes ->> '{cell}', ''), {cell_length})
    FROM told
    JOIN campaign_trigger AS trigger
        ON trigger.event = told.what AND trigger.event <> '' AND told.attributes @> trigger.attributes
    """
).format(cell=CELL, cell_length=CELL_LENGTH_LIMIT)
DUE = """
SELECT campaign_id, place, subscriber_id, triggered_at, cell FROM answer WHERE batch IS NULL
ORDER BY triggered_at LIMIT $1
"""
# Another replica may be about to book some of them.
LOCK_DUE = """
SELECT subscriber_id FROM answer
WHERE campaign_id = $1 AND place = $2 AND subscriber_id = ANY ($3::bigint[]) AND batch IS NULL
ORDER BY subscriber_id FOR UPDATE SKIP LOCKED
"""
# What was not sent may be set off once more.
FORGET_DUE = """
DELETE FROM answer WHERE campaign_id = $1 AND place = $2 AND subscriber_id = ANY ($3::bigint[]) AND batch IS NULL
"""
# An arm without a text of its own has contacts from here on alone; the link of an earlier text is the member's own.
CONTACT = """
UPDATE member SET contacted = true, link_token = coalesce(member.link_token, told.token)
FROM unnest($2::bigint[], $3::bigint[]) AS told (subscriber_id, token)
WHERE member.campaign_id = $1 AND member.subscriber_id = told.subscriber_id
RETURNING member.subscriber_id, member.link_token
"""
INSERT_BATCH = """
INSERT INTO answer_batch (campaign_id, place, cell, contacts, payload, booked_at) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING number
"""
MARK_BOOKED = """
UPDATE answer SET batch = $4 WHERE campaign_id = $1 AND place = $2 AND subscriber_id = ANY ($3::bigint[])
"""
OPEN_BATCHES = """
SELECT answer_batch.number, campaign.id AS campaign_id, campaign.sender, answer_batch.cell, answer_batch.contacts,
       answer_batch.payload, answer_batch.booked_at
FROM answer_batch JOIN campaign ON campaign.id = answer_batch.campaign_id
WHERE answer_batch.handed_at IS NULL ORDER BY answer_batch.number LIMIT $1
"""
MARK_HANDED = "UPDATE answer_batch SET handed_at = $2, payload = NULL WHERE number = $1 AND handed_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAnswer:
    """A member who set off the trigger at `place` of the plan, and in which cell of the network, if that was told."""

    campaign_id: UUID
    place: int
    subscriber_id: int
    triggered_at: datetime
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswers:
    """A booked batch of answers that svc-channel has not taken yet, with exactly the bytes it gets."""

    number: int
    campaign_id: UUID
    sender: str
    cell: str
    contacts: int
    payload: bytes
    booked_at: datetime


async def keep_due_by_text(unit: UnitOfWork, told: Sequence[Told]) -> None:
    """Keeps which members are to be answered for what they wrote."""
    await _keep_due(unit, KEEP_DUE_BY_TEXT, told)


async def keep_due_by_event(unit: UnitOfWork, told: Sequence[Told]) -> None:
    """Keeps which members are to be answered for what they did."""
    await _keep_due(unit, KEEP_DUE_BY_EVENT, told)


async def due_answers(unit: UnitOfWork, *, limit: int) -> list[DueAnswer]:
    """Members who wait for their answer, who waited longest first."""
    return [DueAnswer(**row) for row in await unit.driver.fetch(DUE, limit)]


async def lock_due(unit: UnitOfWork, campaign_id: UUID, place: int, subscriber_ids: Sequence[int]) -> set[int]:
    """Which of these members still wait, for this transaction alone to answer."""
    rows = await unit.driver.fetch(LOCK_DUE, campaign_id, place, subscriber_ids)
    return {row["subscriber_id"] for row in rows}


async def forget_due(unit: UnitOfWork, campaign_id: UUID, place: int, subscriber_ids: Sequence[int]) -> None:
    """Lets these members wait no longer, as if they had not set the trigger off."""
    await unit.driver.execute(FORGET_DUE, campaign_id, place, subscriber_ids)


async def contact_members(
    unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int], tokens: Sequence[int | None]
) -> dict[int, int | None]:
    """Books members as contacted, each with the token of the link it has or now gets; answers the tokens."""
    rows = await unit.driver.fetch(CONTACT, campaign_id, subscriber_ids, tokens)
    return {row["subscriber_id"]: row["link_token"] for row in rows}


async def insert_answers(
    unit: UnitOfWork,
    campaign_id: UUID,
    place: int,
    *,
    subscriber_ids: Sequence[int],
    cell: str,
    payload: bytes,
    at: datetime,
) -> int:
    """Books the batch that answers these members; its number is no launch's."""
    number: int = await unit.driver.fetchval(INSERT_BATCH, campaign_id, place, cell, len(subscriber_ids), payload, at)
    await unit.driver.execute(MARK_BOOKED, campaign_id, place, subscriber_ids, number)
    return number


async def open_answers(unit: UnitOfWork, *, limit: int) -> list[OpenAnswers]:
    """Batches that svc-channel has not taken yet, in the order they were booked."""
    return [OpenAnswers(**row) for row in await unit.driver.fetch(OPEN_BATCHES, limit)]


async def mark_answers_handed(unit: UnitOfWork, number: int, at: datetime) -> None:
    """Says that svc-channel has a batch durably, and lets go of its bytes."""
    await unit.driver.execute(MARK_HANDED, number, at)


async def _keep_due(unit: UnitOfWork, statement: str, told: Sequence[Told]) -> None:
    await unit.driver.execute(
        statement,
        [one.subscriber_id for one in told],
        [one.what for one in told],
        [one.at for one in told],
        [one.keyword for one in told],
        [json.dumps(dict(one.attributes)) for one in told],
    )
