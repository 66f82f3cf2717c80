"""Who may do what about referrals; it must not know tokens or metadata."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.referral_programme import Programme
from svc_reward.store.referral_programmes import read_programme

MAKERS = ("province_admin",)
# Another person than the maker, which the domain checks and the database once more.
CHECKERS = ("approver", "province_admin")
# Who serves the subscribers, and says which of them is there.
SERVING = ("portal", "hall_terminal", "agent")
READERS = (*SERVING, "province_admin", "branch_operator", "approver", "auditor")


async def require_programme(unit: UnitOfWork, number: int, *, identity: Identity) -> Programme:
    """The programme, for who serves subscribers. Raises PermissionRefused ROLE_MISSING, NotFound PROGRAMME_UNKNOWN."""
    require_role(identity, *SERVING)
    programme = await read_programme(unit, number)
    if programme is None:
        raise unknown_programme(number)
    return programme


def unknown_programme(number: int) -> NotFound:
    """There is none of that number."""
    return NotFound(reason="PROGRAMME_UNKNOWN", field="programme", detail=f"there is no referral programme {number}")
