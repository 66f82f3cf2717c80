"""Who acts on a campaign, and what the roles let that person see and do; knows nothing of tokens or metadata."""

from dataclasses import dataclass

from carillon_chassis.errors import PermissionRefused

# The province approves what branches plan; a branch plans and sends for itself (CMP-35).
MAKERS = frozenset({"branch_operator", "province_admin"})
CHECKERS = frozenset({"approver", "province_admin"})
# Who works for the whole province; everybody else is held to the own branch.
PROVINCE_WIDE = frozenset({"province_admin", "approver", "auditor"})
READERS = MAKERS | CHECKERS | {"auditor"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The authenticated person behind a command, by subject, roles and branch."""

    subject: str
    roles: frozenset[str]
    branch: str

    @property
    def sees_every_branch(self) -> bool:
        """Whether row-level security leaves this actor all branches."""
        return bool(self.roles & PROVINCE_WIDE)

    def must_be_one_of(self, allowed: frozenset[str], *, to_do: str) -> None:
        """Refuses with ROLE_MISSING unless the actor has one of the allowed roles."""
        if not self.roles & allowed:
            raise PermissionRefused(
                reason="ROLE_MISSING",
                detail=f"To {to_do} takes one of the roles {', '.join(sorted(allowed))}.",
            )
