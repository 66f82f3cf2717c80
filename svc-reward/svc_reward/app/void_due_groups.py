"""Ends groups that were not full at their deadline: everybody's points are free again; it must not capture any."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.get_group_buy import require_group_buy
from svc_reward.app.void_hold import void_hold
from svc_reward.domain.group_buy import GroupBuyState
from svc_reward.store.accounts import lock_standings
from svc_reward.store.group_buys import keep_group_buy, list_members, lock_due

# One group a transaction: it holds the accounts of all its members.
MAX_GROUPS = 1


async def void_due_groups(unit: UnitOfWork, *, clock: Clock) -> int:
    """How many were voided; 0 when none is due."""
    now = clock.now()
    due = await lock_due(unit, at=now, limit=MAX_GROUPS)
    for group_id in due:
        group = await require_group_buy(unit, group_id)
        holds = [group.hold_for(member, group.opened_at) for member in await list_members(unit, group_id)]
        if holds:
            await lock_standings(unit, [hold.account for hold in holds])
        for hold in holds:
            await void_hold(unit, hold.id)
        await keep_group_buy(unit, group.end(GroupBuyState.VOIDED, now))
    return len(due)
