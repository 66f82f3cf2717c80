"""Says who may ask what of svc-segment over gRPC, behind the gateway's own table; what a use case checks is its own."""

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, current_identity, require_role
from svc_segment.domain.export import DIALLING_ROLES

# Services call each other under such names; the gateway gives them to nobody.
SERVICE_PREFIX = "service:"
# Who makes and changes segments.
MAKING_ROLES = ("province_admin", "branch_operator")
# Who looks at segments and their counts, which say nothing of one person.
READING_ROLES = (*MAKING_ROLES, "approver", "auditor")
# Who takes members out of the suite; an agent or a portal has one subscriber at a time.
EXPORTING_ROLES = (*MAKING_ROLES, "auditor")
# Rules and thresholds of the whole operator are the province's.
LIBRARY_ROLES = ("province_admin",)
# Who takes lists with numbers out; a branch its own subscribers alone.
LIST_ROLES = tuple(sorted(DIALLING_ROLES))
# Who sees what is known of one subscriber, and why a service is recommended.
PROFILE_ROLES = (*READING_ROLES, "hall_terminal", "agent", "portal")


def require_caller(*roles: str) -> Identity:
    """The caller, a service or somebody with one of the roles; raises PermissionRefused ROLE_MISSING, CALLER_UNKNOWN."""
    caller = current_identity()
    if not caller.subject:
        raise PermissionRefused(reason="CALLER_UNKNOWN", detail="segments serve callers with a name and a role only")
    if not caller.subject.startswith(SERVICE_PREFIX):
        require_role(caller, *roles)
    return caller


def branch_scope(caller: Identity, asked: str) -> str:
    """The branch whose list a caller gets; empty: all. Raises PermissionRefused OTHER_BRANCH."""
    if not caller.branch or "province_admin" in caller.roles:
        return asked
    if asked not in {"", caller.branch}:
        raise PermissionRefused(
            reason="OTHER_BRANCH", detail=f"you see subscribers of {caller.branch} only, not of {asked}", field="branch"
        )
    return caller.branch
