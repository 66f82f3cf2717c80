"""Shows an affiliate to who may see it; it must not change anything."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.commission_access import find_own_affiliate
from svc_reward.domain.affiliate import Affiliate


async def get_affiliate(unit: UnitOfWork, *, identity: Identity, affiliate_id: str) -> Affiliate:
    """Raises NotFound AFFILIATE_UNKNOWN, PermissionRefused ROLE_MISSING."""
    return await find_own_affiliate(unit, identity=identity, affiliate_id=affiliate_id)
