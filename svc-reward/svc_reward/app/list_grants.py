"""Shows grant rules, and what orders and people were granted (RWD-24); it must not change anything."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.grant_access import OVERSEERS, READERS, unknown_rule
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.domain.reward_owner import RewardOwner
from svc_reward.store import grant_rules
from svc_reward.store.order_commissions import OrderCommission, find_order_commission
from svc_reward.store.reward_grants import list_order_grants, page_owner_grants, page_refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRewards:
    """What one order earned whom: grants, and commission, which are two entries of one event (A-36)."""

    grants: list[RewardGrant]
    commission: OrderCommission | None


async def list_grant_rules(unit: UnitOfWork, *, identity: Identity, after: int, limit: int) -> list[GrantRule]:
    """Those after a number, in order. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *OVERSEERS)
    return await grant_rules.list_grant_rules(unit, after=after, limit=limit)


async def get_order_rewards(unit: UnitOfWork, *, identity: Identity, order_id: str) -> OrderRewards:
    """As it stands now; an order that earned nothing has nothing. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *READERS)
    return OrderRewards(
        grants=await list_order_grants(unit, order_id), commission=await find_order_commission(unit, order_id)
    )


async def list_owner_grants(
    unit: UnitOfWork, *, identity: Identity, owner: RewardOwner, before: tuple[datetime, UUID], limit: int
) -> list[RewardGrant]:
    """What moved last first. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *READERS)
    return await page_owner_grants(unit, owner, before=before, limit=limit)


async def list_refusals(
    unit: UnitOfWork, *, identity: Identity, rule: int, after: UUID, limit: int
) -> list[RewardGrant]:
    """What of a rule could not be booked. Raises NotFound GRANT_RULE_UNKNOWN, PermissionRefused ROLE_MISSING."""
    require_role(identity, *OVERSEERS)
    if await grant_rules.find_grant_rule(unit, rule) is None:
        raise unknown_rule(rule)
    return await page_refusals(unit, rule, after=after, limit=limit)
