"""Lists a subscriber's handset subsidies; it must not change one."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.referral_access import READERS
from svc_reward.domain.subsidy import Subsidy
from svc_reward.store import subsidies

# One at a time and each of a month at least: a customer of fifteen years fits.
MAX_SUBSIDIES = 200


async def list_subsidies(unit: UnitOfWork, *, identity: Identity, subscriber_id: int) -> list[Subsidy]:
    """The latest first. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *READERS)
    return await subsidies.list_subsidies(unit, subscriber_id, limit=MAX_SUBSIDIES)
