"""What became of a campaign's messages and rewards, booked by sets; the counters on the campaign move with the members."""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork

# A message ends once: whatever is told later of it changes nothing, and so no count either.
BOOK_DELIVERED = """
WITH booked AS (
    UPDATE member SET delivery = 'delivered'
    WHERE campaign_id = $1 AND subscriber_id = ANY ($2::bigint[]) AND delivery IS NULL RETURNING 1
)
UPDATE campaign SET delivered = delivered + (SELECT count(*) FROM booked) WHERE id = $1
"""
BOOK_FAILED = """
WITH told AS (SELECT DISTINCT ON (subscriber_id) * FROM unnest($2::bigint[], $3::text[]) AS told (subscriber_id, reason)),
booked AS (
    UPDATE member SET delivery = 'failed', failure_reason = told.reason FROM told
    WHERE campaign_id = $1 AND member.subscriber_id = told.subscriber_id AND delivery IS NULL RETURNING 1
)
UPDATE campaign SET failed = failed + (SELECT count(*) FROM booked) WHERE id = $1
"""
BOOK_IN_DOUBT = """
WITH booked AS (
    UPDATE member SET in_doubt = true
    WHERE campaign_id = $1 AND subscriber_id = ANY ($2::bigint[]) AND NOT in_doubt RETURNING 1
)
UPDATE campaign SET in_doubt = in_doubt + (SELECT count(*) FROM booked) WHERE id = $1
"""
BOOK_REWARDED = """
UPDATE member SET rewarded = true WHERE campaign_id = $1 AND subscriber_id = ANY ($2::bigint[]) AND NOT rewarded
"""


async def book_delivered(unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int]) -> None:
    """Books messages that reached their subscribers."""
    await unit.driver.execute(BOOK_DELIVERED, campaign_id, subscriber_ids)


async def book_failed(
    unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int], reasons: Sequence[str]
) -> None:
    """Books messages that came to nothing, each with svc-channel's reason."""
    await unit.driver.execute(BOOK_FAILED, campaign_id, subscriber_ids, reasons)


async def book_in_doubt(unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int]) -> None:
    """Books messages that a broken link left in doubt and that were sent again."""
    await unit.driver.execute(BOOK_IN_DOUBT, campaign_id, subscriber_ids)


async def book_rewarded(unit: UnitOfWork, campaign_id: UUID, subscriber_ids: Sequence[int]) -> None:
    """Books rewards that svc-reward granted."""
    await unit.driver.execute(BOOK_REWARDED, campaign_id, subscriber_ids)
