"""What a launch has booked and handed over, in batches that a killed launch finds again; sends nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.progress import LaunchProgress

MEMBER_COLUMNS = ("campaign_id", "subscriber_id", "arm", "contacted", "link_token")

ARM_CURSORS = """
SELECT place, booked_up_to, booked, segment_version FROM arm WHERE campaign_id = $1 ORDER BY place
"""
PIN_ARM = "UPDATE arm SET segment_version = $3 WHERE campaign_id = $1 AND place = $2"
# The old cursor in the condition keeps two processes that run one launch from booking the same members.
MOVE_CURSOR = """
UPDATE arm SET booked_up_to = $4 WHERE campaign_id = $1 AND place = $2 AND booked_up_to = $3 AND NOT booked
RETURNING true
"""
CLOSE_ARM = "UPDATE arm SET booked = true WHERE campaign_id = $1 AND place = $2"
BOOKED_AMONG = "SELECT subscriber_id FROM member WHERE campaign_id = $1 AND subscriber_id = ANY ($2::bigint[])"
INSERT_BATCH = """
INSERT INTO launch_batch (campaign_id, number, members, contacts, payload, booked_at, handed_at, place)
SELECT $1, coalesce(max(number), 0) + 1, $2::integer, $3::integer, $4::bytea, $5::timestamptz,
       CASE WHEN $4 IS NULL THEN $5 END, $6::smallint
FROM launch_batch WHERE campaign_id = $1
RETURNING number
"""
OPEN_NUMBERS = "SELECT number FROM launch_batch WHERE campaign_id = $1 AND handed_at IS NULL ORDER BY number"
OPEN_BATCH = """
SELECT number, place, contacts, payload FROM launch_batch WHERE campaign_id = $1 AND number = $2 AND handed_at IS NULL
"""
MARK_HANDED = """
UPDATE launch_batch SET handed_at = $3, payload = NULL WHERE campaign_id = $1 AND number = $2 AND handed_at IS NULL
"""
PROGRESS = """
SELECT campaign.delivered, campaign.failed, campaign.in_doubt, campaign.problem, campaign.budget_percent,
       (SELECT coalesce(sum(contacts), 0) FROM answer_batch WHERE campaign_id = $1 AND handed_at IS NOT NULL) AS answers,
       coalesce(sum(batch.members), 0) AS members,
       coalesce(sum(batch.contacts), 0) AS contacts_booked,
       coalesce(sum(batch.contacts) FILTER (WHERE batch.handed_at IS NOT NULL), 0) AS handed_to_channel
FROM campaign LEFT JOIN launch_batch batch ON batch.campaign_id = campaign.id
WHERE campaign.id = $1 GROUP BY campaign.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCursor:
    """How far one arm is booked, by rising subscriber, of which version of its segment; None for the current one."""

    place: int
    booked_up_to: int
    booked: bool
    segment_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A booked batch of an arm that svc-channel has not taken yet, with exactly the bytes it gets.

    `place` is the arm's in the plan, None for a batch of before arms had channels.
    """

    number: int
    place: int | None
    contacts: int
    payload: bytes


async def arm_cursors(unit: UnitOfWork, campaign_id: UUID) -> list[ArmCursor]:
    """How far each arm is booked, in the plan's order."""
    return [ArmCursor(**row) for row in await unit.driver.fetch(ARM_CURSORS, campaign_id)]


async def pin_arms(unit: UnitOfWork, campaign_id: UUID, versions: Mapping[int, int]) -> None:
    """Keeps which version of its segment each arm is launched with, by the arm's place."""
    await unit.driver.executemany(PIN_ARM, [(campaign_id, place, version) for place, version in versions.items()])


async def move_cursor(unit: UnitOfWork, campaign_id: UUID, cursor: ArmCursor, up_to: int) -> bool:
    """Claims the members up to a subscriber; False when another process has been faster."""
    moved = await unit.driver.fetchval(MOVE_CURSOR, campaign_id, cursor.place, cursor.booked_up_to, up_to)
    return bool(moved)


async def close_arm(unit: UnitOfWork, campaign_id: UUID, place: int) -> None:
    """Says that all members of an arm are booked."""
    await unit.driver.execute(CLOSE_ARM, campaign_id, place)


async def booked_among(unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int]) -> set[int]:
    """Which of these subscribers the campaign has already, in whatever arm."""
    rows = await unit.driver.fetch(BOOKED_AMONG, campaign_id, subscriber_ids)
    return {row["subscriber_id"] for row in rows}


async def insert_batch(
    unit: UnitOfWork,
    campaign_id: UUID,
    *,
    place: int,
    subscriber_ids: Sequence[int],
    tokens: Sequence[int | None],
    payload: bytes | None,
    at: datetime,
) -> int:
    """Books members by COPY and their batch under the campaign's next number; without a payload nobody is contacted."""
    contacted = payload is not None
    records = [
        (campaign_id, subscriber_id, place, contacted, token)
        for subscriber_id, token in zip(subscriber_ids, tokens, strict=True)
    ]
    await unit.driver.copy_records_to_table("member", records=records, columns=MEMBER_COLUMNS)
    contacts = len(records) if contacted else 0
    number: int = await unit.driver.fetchval(INSERT_BATCH, campaign_id, len(records), contacts, payload, at, place)
    return number


async def open_numbers(unit: UnitOfWork, campaign_id: UUID) -> list[int]:
    """Numbers of the batches that svc-channel has not taken yet."""
    return [row["number"] for row in await unit.driver.fetch(OPEN_NUMBERS, campaign_id)]


async def open_batch(unit: UnitOfWork, campaign_id: UUID, number: int) -> OpenBatch | None:
    """One batch that svc-channel has not taken yet; None when it was handed over in the meantime."""
    row = await unit.driver.fetchrow(OPEN_BATCH, campaign_id, number)
    return OpenBatch(**row) if row else None


async def mark_handed(unit: UnitOfWork, campaign_id: UUID, number: int, at: datetime) -> None:
    """Says that svc-channel has a batch durably, and lets go of its bytes."""
    await unit.driver.execute(MARK_HANDED, campaign_id, number, at)


async def launch_progress(unit: UnitOfWork, campaign_id: UUID) -> LaunchProgress:
    """Counts of one campaign (zeros for an unknown one), from its batches and its own row: never by a walk over the members."""
    row = await unit.driver.fetchrow(PROGRESS, campaign_id)
    return LaunchProgress(**row) if row else LaunchProgress()
