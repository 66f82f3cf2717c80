"""Keeps group buys and their members; it must not decide when one is over."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.group_buy import GroupBuy, GroupBuyState

COLUMNS = "id, name, target, deadline, currency, price, opened_at, members, state, ended_at"
ADD = f"INSERT INTO group_buy ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"  # noqa: S608 -- the columns are ours
FIND = f"SELECT {COLUMNS} FROM group_buy WHERE id = $1"  # noqa: S608 -- the same
KEEP = "UPDATE group_buy SET members = $2, state = $3, ended_at = $4 WHERE id = $1"
ADD_MEMBER = """
INSERT INTO group_member (group_id, subscriber_id, joined_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
MEMBERS = "SELECT subscriber_id FROM group_member WHERE group_id = $1 ORDER BY subscriber_id"
# Another replica ends those that it has taken.
DUE = """
SELECT id FROM group_buy WHERE state = 'open' AND deadline <= $1 ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED
"""


async def add_group_buy(unit: UnitOfWork, group: GroupBuy) -> None:
    """A new one."""
    await unit.driver.execute(
        ADD,
        group.id,
        group.name,
        group.target,
        group.deadline,
        group.currency,
        group.price,
        group.opened_at,
        group.members,
        group.state,
        group.ended_at,
    )


async def find_group_buy(unit: UnitOfWork, group_id: UUID, *, lock: bool = False) -> GroupBuy | None:
    """The group, held until the transaction ends with ``lock``."""
    row = await unit.driver.fetchrow(f"{FIND} FOR UPDATE" if lock else FIND, group_id)
    if row is None:
        return None
    return GroupBuy(**{**row, "id": UUID(str(row["id"])), "state": GroupBuyState(row["state"])})


async def keep_group_buy(unit: UnitOfWork, group: GroupBuy) -> None:
    """Writes where it stands; its row must be locked in this transaction."""
    await unit.driver.execute(KEEP, group.id, group.members, group.state, group.ended_at)


async def add_member(unit: UnitOfWork, group_id: UUID, subscriber_id: int, *, at: datetime) -> bool:
    """Whether the person is new in the group."""
    return await unit.driver.execute(ADD_MEMBER, group_id, subscriber_id, at) == "INSERT 0 1"


async def list_members(unit: UnitOfWork, group_id: UUID) -> list[int]:
    """The people of the group."""
    return [row["subscriber_id"] for row in await unit.driver.fetch(MEMBERS, group_id)]


async def lock_due(unit: UnitOfWork, *, at: datetime, limit: int) -> list[UUID]:
    """Open groups whose deadline has passed, locked."""
    return [UUID(str(row["id"])) for row in await unit.driver.fetch(DUE, at, limit)]
