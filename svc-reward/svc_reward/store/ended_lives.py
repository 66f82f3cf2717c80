"""Keeps whose lives ended, and finds what is still open for them; it must not decide what becomes of it."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.referral import Referral
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.store.referrals import to_referral
from svc_reward.store.reward_grants import COLUMNS, to_grant

KEEP = """
INSERT INTO ended_life (subscriber_id, ended_at) SELECT subscriber_id, $2
FROM unnest($1::bigint[]) AS told (subscriber_id) ORDER BY subscriber_id
ON CONFLICT DO NOTHING
"""
AMONG = "SELECT subscriber_id FROM ended_life WHERE subscriber_id = ANY($1::bigint[])"
END_USES = """
UPDATE service_use SET ended_at = greatest($2, started_at)
WHERE subscriber_id = ANY($1::bigint[]) AND ended_at IS NULL
"""
REFERRALS = """
SELECT * FROM referral
WHERE (friend_id = ANY($1::bigint[]) OR referrer_id = ANY($1::bigint[])) AND state = 'open' ORDER BY number
"""
# In the order of their ids, so that two who take the same wait for each other and never in a ring.
GRANTS = f"""
SELECT {COLUMNS} FROM reward_grant
WHERE owner_kind = 'subscriber' AND owner = ANY($1::text[]) AND state IN ('offered', 'waiting') ORDER BY id FOR UPDATE
"""  # noqa: S608 -- the columns are ours


async def keep_ended(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """Closes them from a moment on; those that are closed stay as they are."""
    await unit.driver.execute(KEEP, subscriber_ids, at)


async def ended_among(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> set[int]:
    """Which of these subscribers' lives are over."""
    return {row["subscriber_id"] for row in await unit.driver.fetch(AMONG, subscriber_ids)}


async def end_uses(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """They use nothing any more."""
    await unit.driver.execute(END_USES, subscriber_ids, at)


async def open_referrals_of(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> list[Referral]:
    """The open referrals in which they are friend or referrer; the referrals must be locked."""
    return [to_referral(row) for row in await unit.driver.fetch(REFERRALS, subscriber_ids)]


async def lock_open_grants(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> list[RewardGrant]:
    """What they may still choose or wait for, held until the transaction ends."""
    rows = await unit.driver.fetch(GRANTS, [str(one) for one in subscriber_ids])
    return [to_grant(row) for row in rows]
