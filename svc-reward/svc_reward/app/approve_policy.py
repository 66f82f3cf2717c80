"""Approves a policy, by another person than its maker; it must not change what it pays."""

from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import CHECKERS
from svc_reward.domain.commission_policy import Policy, check_approver
from svc_reward.store import commission_policies


async def approve_policy(unit: UnitOfWork, *, identity: Identity, number: int, at: datetime) -> Policy:
    """Raises NotFound POLICY_UNKNOWN, StateRefused POLICY_STATE, PermissionRefused MAKER_IS_CHECKER or ROLE_MISSING."""
    require_role(identity, *CHECKERS)
    policy = await commission_policies.lock_policy(unit, number)
    if policy is None:
        raise NotFound(reason="POLICY_UNKNOWN", field="number", detail=f"there is no policy {number}")
    check_approver(policy, identity.subject)
    await commission_policies.approve_policy(unit, number, approved_by=identity.subject, at=at)
    return replace(policy, approved_by=identity.subject, approved_at=at)
