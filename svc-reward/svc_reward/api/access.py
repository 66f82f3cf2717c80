"""Who may use the ledger over gRPC; what each use case checks beyond that is its own."""

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import current_identity, require_role

# Services call each other under such names; the gateway gives them to nobody.
SERVICE_PREFIX = "service:"

READER_ROLES = (
    "province_admin",
    "branch_operator",
    "approver",
    "auditor",
    "hall_terminal",
    "agent",
    "portal",
)
# Over the whole ledger, where no one subscriber is meant.
AUDIT_ROLES = ("province_admin", "branch_operator", "approver", "auditor")
# Points out of nothing are the province's alone; people get theirs through use cases.
BOOKING_ROLES = ("province_admin",)


def require_service_or(*roles: str) -> None:
    """Raises PermissionRefused ROLE_MISSING, or CALLER_UNKNOWN for a caller without a name."""
    caller = current_identity()
    if not caller.subject:
        raise PermissionRefused(reason="CALLER_UNKNOWN", detail="the ledger serves callers with a name and a role only")
    if not caller.subject.startswith(SERVICE_PREFIX):
        require_role(caller, *roles)
