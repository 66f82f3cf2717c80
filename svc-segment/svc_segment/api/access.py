"""Says who may ask what of segments over gRPC, behind the gateway's own table; what a use case checks is its own."""

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, current_identity, require_role

# Services call each other under such names; the gateway gives them to nobody.
SERVICE_PREFIX = "service:"
# Who makes and changes segments.
MAKING_ROLES = ("province_admin", "branch_operator")
# Who looks at segments and their counts, which say nothing of one person.
READING_ROLES = (*MAKING_ROLES, "approver", "auditor")
# Who takes members out of the suite; an agent or a portal has one subscriber at a time.
EXPORTING_ROLES = (*MAKING_ROLES, "auditor")
# Who sees the segments of one subscriber.
PROFILE_ROLES = (*READING_ROLES, "hall_terminal", "agent", "portal")


def require_caller(*roles: str) -> Identity:
    """The caller, a service or somebody with one of the roles; raises PermissionRefused ROLE_MISSING, CALLER_UNKNOWN."""
    caller = current_identity()
    if not caller.subject:
        raise PermissionRefused(reason="CALLER_UNKNOWN", detail="segments serve callers with a name and a role only")
    if not caller.subject.startswith(SERVICE_PREFIX):
        require_role(caller, *roles)
    return caller
