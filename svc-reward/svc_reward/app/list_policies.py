"""Shows policies, approved or not; it must not change anything."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import OVERSEERS
from svc_reward.domain.commission_policy import Policy
from svc_reward.store import commission_policies


async def list_policies(unit: UnitOfWork, *, identity: Identity, after: int, limit: int) -> list[Policy]:
    """Those after a number, in order. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *OVERSEERS)
    return await commission_policies.list_policies(unit, after=after, limit=limit)
