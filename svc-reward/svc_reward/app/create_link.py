"""Makes a link that books its clicks for an affiliate; it must not follow it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.commission_access import REGISTRARS, find_own_affiliate
from svc_reward.domain.affiliate import AffiliateLink
from svc_reward.store.affiliates import insert_link


async def create_link(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, token: str, service: str, target: str, at: datetime
) -> AffiliateLink:
    """Raises NotFound AFFILIATE_UNKNOWN, PermissionRefused ROLE_MISSING, InvalidInput AFFILIATE_INVALID."""
    await find_own_affiliate(unit, identity=identity, affiliate_id=affiliate_id, roles=REGISTRARS)
    link = AffiliateLink(token=token, affiliate_id=affiliate_id, service=service, target=target, created_at=at)
    await insert_link(unit, link)
    return link
