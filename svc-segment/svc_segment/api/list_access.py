"""Says who may change libraries and classifications and who may take lists of numbers out; it must not serve them."""

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, current_identity, require_role

# Rules and thresholds of the whole operator are the province's.
LIBRARY_ROLES = ("province_admin",)
READER_ROLES = ("province_admin", "branch_operator", "approver", "auditor")
# Who talks to subscribers may ask why a service is recommended.
EXPLAIN_ROLES = (*READER_ROLES, "agent", "hall_terminal", "portal")
# Who dials gets numbers; a branch its own subscribers alone.
LIST_ROLES = ("province_admin", "branch_operator")
SERVICE_PREFIX = "service:"


def require_any(*roles: str) -> Identity:
    """The caller, who is a service of the suite or holds one of the roles; raises PermissionRefused ROLE_MISSING."""
    caller = current_identity()
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
