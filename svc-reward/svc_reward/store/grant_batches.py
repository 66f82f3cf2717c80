"""Keeps many grants with one statement each way; it must not decide what becomes of one."""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.store.reward_forms import rewards_to_json

# In the order of their ids, so that two who add the same wait for each other and never in a ring.
ADD = """
INSERT INTO reward_grant (id, rule, source, part, owner_kind, owner, order_id, occurred_at, once, shares, rewards,
    default_choice, choose_days, chosen, state, reason, reference, changed_at)
SELECT id, rule, source, 0, owner_kind, owner, order_id, occurred_at, false, shares, rewards::jsonb, 0, 0, 0, state,
    reason, '', changed_at
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bigint[],
    $9::text[], $10::text[], $11::text[], $12::timestamptz[])
    AS new (id, rule, source, owner_kind, owner, order_id, occurred_at, shares, rewards, state, reason, changed_at)
ORDER BY id
ON CONFLICT (id) DO NOTHING RETURNING id
"""
KEEP = """
UPDATE reward_grant SET state = new.state, reason = new.reason, reference = new.reference, changed_at = new.changed_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    AS new (id, state, reason, reference, changed_at)
WHERE reward_grant.id = new.id
"""


async def add_plain_grants(unit: UnitOfWork, grants: Sequence[RewardGrant]) -> set[UUID]:
    """Keeps grants of one reward that is given at once; answers the ids of those that are new."""
    rows = await unit.driver.fetch(
        ADD,
        [one.id for one in grants],
        [one.occasion.rule for one in grants],
        [one.occasion.source for one in grants],
        [str(one.occasion.owner.kind) for one in grants],
        [one.occasion.owner.id for one in grants],
        [one.occasion.order_id for one in grants],
        [one.occasion.at for one in grants],
        [one.shares for one in grants],
        [rewards_to_json(one.rewards) for one in grants],
        [str(one.state) for one in grants],
        [one.reason for one in grants],
        [one.changed_at for one in grants],
    )
    return {UUID(str(row["id"])) for row in rows}


async def keep_grants(unit: UnitOfWork, grants: Sequence[RewardGrant]) -> None:
    """Writes their steps; their rows must be new or locked in this transaction."""
    await unit.driver.execute(
        KEEP,
        [one.id for one in grants],
        [str(one.state) for one in grants],
        [one.reason for one in grants],
        [one.reference for one in grants],
        [one.changed_at for one in grants],
    )
