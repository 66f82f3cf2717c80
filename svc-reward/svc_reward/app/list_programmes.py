"""Lists referral programmes, approved or not; it must not change one."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.referral_access import READERS
from svc_reward.domain.referral_programme import Programme
from svc_reward.store import referral_programmes


async def list_programmes(unit: UnitOfWork, *, identity: Identity, after: int, limit: int) -> list[Programme]:
    """A page in the order of their numbers. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *READERS)
    return await referral_programmes.list_programmes(unit, after=after, limit=limit)
