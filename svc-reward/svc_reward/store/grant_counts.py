"""Counts what rules have granted to owners; it must not decide anything."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.grant_period import Span
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.domain.reward_owner import RewardOwner
from svc_reward.store.reward_grants import COLUMNS, to_grant

# What was refused or waits was decided all the same: it may still be given.
DECIDED = """
SELECT coalesce(sum(shares), 0)::bigint FROM reward_grant
WHERE rule = $1 AND owner_kind = $2 AND owner = $3 AND part = 0 AND occurred_at >= $4 AND occurred_at < $5
    AND state NOT IN ('reversed', 'forfeited')
"""
HAS = """
SELECT coalesce(sum(shares), 0)::bigint FROM reward_grant
WHERE rule = $1 AND owner_kind = $2 AND owner = $3 AND part = 0 AND occurred_at >= $4 AND occurred_at < $5
    AND state IN ('offered', 'given') AND id <> $6
"""
ALL_HAVE = "SELECT shares FROM grant_rule_use WHERE rule = $1"
GRANTED_BEFORE = """
SELECT EXISTS (
    SELECT FROM reward_grant WHERE rule = $1 AND owner_kind = $2 AND owner = $3 AND part = 0 AND occurred_at <= $4
        AND state IN ('offered', 'given'))
"""
WAITING = f"""
SELECT {COLUMNS} FROM reward_grant
WHERE owner_kind = $2 AND owner = $3 AND part = 0 AND state = 'waiting'
    AND rule IN (SELECT number FROM grant_rule WHERE (terms->>'requires_rule')::bigint = $1)
ORDER BY occurred_at, id FOR UPDATE
"""  # noqa: S608 -- the columns are ours
_NOBODY = UUID(int=0)


async def count_decided(unit: UnitOfWork, rule: int, owner: RewardOwner, span: Span) -> int:
    """Shares that were decided on for the owner's deeds of the span, whether they could be given or not."""
    return int(await unit.driver.fetchval(DECIDED, rule, str(owner.kind), owner.id, *span))


async def count_owned(unit: UnitOfWork, rule: int, owner: RewardOwner, span: Span, *, but: UUID = _NOBODY) -> int:
    """Shares that the owner was given or offered for deeds of the span, without one grant."""
    return int(await unit.driver.fetchval(HAS, rule, str(owner.kind), owner.id, *span, but))


async def count_granted(unit: UnitOfWork, rule: int) -> int:
    """Shares that all owners were given or offered."""
    return int(await unit.driver.fetchval(ALL_HAVE, rule) or 0)


async def has_granted(unit: UnitOfWork, rule: int, owner: RewardOwner, *, at: datetime) -> bool:
    """Whether the rule has granted to the owner for a deed of that moment or an earlier one."""
    return bool(await unit.driver.fetchval(GRANTED_BEFORE, rule, str(owner.kind), owner.id, at))


async def lock_waiting(unit: UnitOfWork, rule: int, owner: RewardOwner) -> list[RewardGrant]:
    """The owner's grants that wait for that rule to grant first."""
    return [to_grant(row) for row in await unit.driver.fetch(WAITING, rule, str(owner.kind), owner.id)]
