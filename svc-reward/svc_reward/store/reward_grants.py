"""Keeps grants and finds them; it must not decide what becomes of one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind
from svc_reward.domain.reward_grant import GrantState, Occasion, RewardGrant
from svc_reward.domain.reward_owner import RewardOwner
from svc_reward.store.reward_forms import rewards_from_json, rewards_to_json

ADD = """
INSERT INTO reward_grant (id, rule, source, part, owner_kind, owner, order_id, occurred_at, once, shares, rewards,
    default_choice, choose_days, choose_by, chosen, state, reason, reference, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (id) DO NOTHING
"""
KEEP = """
UPDATE reward_grant SET choose_by = $2, chosen = $3, state = $4, reason = $5, reference = $6, changed_at = $7
WHERE id = $1
"""
COLUMNS = """
id, rule, source, part, owner_kind, owner, order_id, occurred_at, once, shares, rewards, default_choice, choose_days,
choose_by, chosen, state, reason, reference, changed_at
"""
FIND = f"SELECT {COLUMNS} FROM reward_grant WHERE id = $1"  # noqa: S608 -- the columns are ours
FIND_ALL = f"SELECT {COLUMNS} FROM reward_grant WHERE id = ANY($1::uuid[])"  # noqa: S608 -- the same
OF_ORDER = f"""
SELECT {COLUMNS} FROM reward_grant WHERE order_id = $1 AND order_id <> '' ORDER BY rule, owner_kind, owner, part
"""  # noqa: S608 -- the same
# By id, since ids are all that tells grants of one moment apart.
OF_OWNER = f"""
SELECT {COLUMNS} FROM reward_grant
WHERE owner_kind = $1 AND owner = $2 AND (changed_at, id) < ($3, $4) ORDER BY changed_at DESC, id DESC LIMIT $5
"""  # noqa: S608 -- the same
DUE = f"""
SELECT {COLUMNS} FROM reward_grant WHERE state = 'offered' AND choose_by <= $1
ORDER BY choose_by LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 -- the same
REFUSED = f"""
SELECT {COLUMNS} FROM reward_grant WHERE rule = $1 AND state = 'refused' AND id > $2 ORDER BY id LIMIT $3
"""  # noqa: S608 -- the same
ADDED_ONE = "INSERT 0 1"


async def add_grant(unit: UnitOfWork, grant: RewardGrant) -> bool:
    """Whether it is new; one that stands is left as it is, and waited for while its transaction runs."""
    occasion = grant.occasion
    status = await unit.driver.execute(
        ADD,
        grant.id,
        occasion.rule or None,
        occasion.source,
        grant.part,
        str(occasion.owner.kind),
        occasion.owner.id,
        occasion.order_id,
        occasion.at,
        occasion.once,
        grant.shares,
        rewards_to_json(grant.rewards),
        grant.default_choice,
        grant.choose_days,
        grant.choose_by,
        grant.chosen,
        str(grant.state),
        grant.reason,
        grant.reference,
        grant.changed_at,
    )
    return status == ADDED_ONE


async def keep_grant(unit: UnitOfWork, grant: RewardGrant) -> None:
    """Writes its step; the row must be new or locked in this transaction."""
    await unit.driver.execute(
        KEEP,
        grant.id,
        grant.choose_by,
        grant.chosen,
        str(grant.state),
        grant.reason,
        grant.reference,
        grant.changed_at,
    )


async def find_grant(unit: UnitOfWork, grant_id: UUID, *, lock: bool = False) -> RewardGrant | None:
    """The grant, held until the transaction ends with ``lock``."""
    row = await unit.driver.fetchrow(f"{FIND} FOR UPDATE" if lock else FIND, grant_id)
    return None if row is None else to_grant(row)


async def find_grants(unit: UnitOfWork, grant_ids: Sequence[UUID]) -> dict[UUID, RewardGrant]:
    """Those of the grants that stand, by their ids."""
    grants = [to_grant(row) for row in await unit.driver.fetch(FIND_ALL, grant_ids)]
    return {grant.id: grant for grant in grants}


async def require_grant(unit: UnitOfWork, grant_id: UUID) -> RewardGrant:
    """One that is known to stand. Raises LookupError otherwise, which is a fault of the program."""
    grant = await find_grant(unit, grant_id)
    if grant is None:
        raise LookupError(f"there is no grant {grant_id}")
    return grant


async def list_order_grants(unit: UnitOfWork, order_id: str, *, lock: bool = False) -> list[RewardGrant]:
    """What an order earned, for everybody who got something; held until the transaction ends with ``lock``."""
    rows = await unit.driver.fetch(f"{OF_ORDER} FOR UPDATE" if lock else OF_ORDER, order_id)
    return [to_grant(row) for row in rows]


async def page_owner_grants(
    unit: UnitOfWork, owner: RewardOwner, *, before: tuple[datetime, UUID], limit: int
) -> list[RewardGrant]:
    """What one owner has, what moved last first."""
    rows = await unit.driver.fetch(OF_OWNER, str(owner.kind), owner.id, *before, limit)
    return [to_grant(row) for row in rows]


async def page_refusals(
    unit: UnitOfWork, rule: int, *, after: UUID, limit: int, lock: bool = False
) -> list[RewardGrant]:
    """What of a rule could not be booked, by id; held until the transaction ends with ``lock``."""
    rows = await unit.driver.fetch(f"{REFUSED} FOR UPDATE" if lock else REFUSED, rule, after, limit)
    return [to_grant(row) for row in rows]


async def lock_due_choices(unit: UnitOfWork, *, now: datetime, limit: int) -> Sequence[RewardGrant]:
    """Choices that nobody made in time and nobody else is ending now."""
    return [to_grant(row) for row in await unit.driver.fetch(DUE, now, limit)]


def to_grant(row: asyncpg.Record) -> RewardGrant:
    """The grant of a row with all of COLUMNS."""
    owner = RewardOwner(kind=AccountKind(row["owner_kind"]), id=row["owner"])
    occasion = Occasion(
        source=row["source"],
        owner=owner,
        at=row["occurred_at"],
        rule=row["rule"] or 0,
        order_id=row["order_id"],
        once=row["once"],
    )
    return RewardGrant(
        id=UUID(str(row["id"])),
        occasion=occasion,
        part=row["part"],
        shares=row["shares"],
        rewards=rewards_from_json(row["rewards"]),
        default_choice=row["default_choice"],
        choose_days=row["choose_days"],
        choose_by=row["choose_by"],
        chosen=row["chosen"],
        state=GrantState(row["state"]),
        reason=row["reason"],
        reference=row["reference"],
        changed_at=row["changed_at"],
    )
