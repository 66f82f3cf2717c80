"""Registers numbers of the staff, and forgets them; a branch keeps its own people's alone."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.domain.texting.staff import StaffNumber
from svc_channel.store.staff_numbers import find_staff, list_staff, put_staff_row, remove_staff_row

PROVINCE_ROLE = "province_admin"
KEEPING_ROLES = (PROVINCE_ROLE, "branch_operator")
READING_ROLES = (*KEEPING_ROLES, "auditor")


async def put_staff_number(unit: UnitOfWork, staff: StaffNumber, *, identity: Identity, now: datetime) -> None:
    """Keeps a number (CHN-31). Who had it before is nobody's staff by it any more.

    Raises PermissionRefused ROLE_MISSING, OTHER_BRANCH.
    """
    require_role(identity, *KEEPING_ROLES)
    for one in (staff, *await find_staff(unit, staff.msisdn)):
        _require_own(one, identity)
    await remove_staff_row(unit, staff.msisdn)
    await put_staff_row(unit, staff, by=identity.subject, now=now)


async def remove_staff_number(unit: UnitOfWork, msisdn: str, *, identity: Identity) -> None:
    """Forgets a number. Raises NotFound STAFF_UNKNOWN, PermissionRefused ROLE_MISSING, OTHER_BRANCH."""
    require_role(identity, *KEEPING_ROLES)
    found = await find_staff(unit, msisdn)
    if not found:
        raise NotFound(reason="STAFF_UNKNOWN", field="msisdn", detail="no number of the staff")
    for one in found:
        _require_own(one, identity)
    await remove_staff_row(unit, msisdn)


async def list_staff_numbers(unit: UnitOfWork, *, identity: Identity, after: str, limit: int) -> list[StaffNumber]:
    """Those that the caller keeps, by number. Raises PermissionRefused ROLE_MISSING, OTHER_BRANCH."""
    require_role(identity, *READING_ROLES)
    branch = identity.branch if "branch_operator" in identity.roles else ""
    if "branch_operator" in identity.roles and not branch:
        raise PermissionRefused(reason="OTHER_BRANCH", detail="you are of no branch; ask the province to name yours")
    return await list_staff(unit, after=after, branch=branch, limit=limit)


def _require_own(staff: StaffNumber, identity: Identity) -> None:
    """A branch names its own people, and nobody who sees more than it does itself."""
    if PROVINCE_ROLE in identity.roles:
        return
    if not identity.branch or staff.branch != identity.branch or staff.role == PROVINCE_ROLE:
        raise PermissionRefused(
            reason="OTHER_BRANCH",
            field="branch",
            detail=f"you keep the numbers of {identity.branch or 'no branch'} only",
        )
