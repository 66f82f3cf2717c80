"""Who may do what about commissions, and whose affiliate is whose; it must not know tokens or metadata."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.affiliate import Affiliate
from svc_reward.store import affiliates

# Who works for the whole province; a branch is held to its own affiliates, an affiliate to what it registered itself.
PROVINCE_WIDE = frozenset({"province_admin", "approver", "auditor"})
REGISTRARS = ("affiliate", "branch_operator", "province_admin")
READERS = ("affiliate", "branch_operator", "province_admin", "approver", "auditor")
OVERSEERS = ("province_admin", "approver", "auditor")
WITNESSES = ("portal", "province_admin")
MAKERS = ("province_admin",)
# Another person than the maker, which the domain checks and the database once more.
CHECKERS = ("approver", "province_admin")


async def find_own_affiliate(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, roles: tuple[str, ...] = READERS
) -> Affiliate:
    """The affiliate, if the caller may see it. Raises PermissionRefused ROLE_MISSING or NotFound AFFILIATE_UNKNOWN."""
    require_role(identity, *roles)
    affiliate = await affiliates.find_affiliate(unit, affiliate_id)
    if affiliate is None or not _may_see(identity, affiliate):
        raise unknown_affiliate()
    return affiliate


def unknown_affiliate() -> NotFound:
    """The same answer for one that does not exist and for somebody else's."""
    return NotFound(
        reason="AFFILIATE_UNKNOWN", field="id", detail="there is no such affiliate among those that you may see"
    )


def _may_see(identity: Identity, affiliate: Affiliate) -> bool:
    if identity.roles & PROVINCE_WIDE or identity.subject == affiliate.registered_by:
        return True
    return "branch_operator" in identity.roles and identity.branch in {"", affiliate.branch}
