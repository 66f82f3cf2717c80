"""Who is calling; it must not decide what they may do, beyond saying whether a role is held.

The gateway proves an identity by its token and passes it on as metadata; between services it is trusted,
since sockets are readable by the suite's user alone and TCP is mutual TLS.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from carillon_chassis.errors import PermissionRefused

SUBJECT_KEY = "carillon-subject"
ROLES_KEY = "carillon-roles"
BRANCH_KEY = "carillon-branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A caller: client id, roles such as ``branch_operator``, and the branch (empty for the province)."""

    subject: str
    roles: frozenset[str] = frozenset()
    branch: str = ""


NOBODY = Identity(subject="")
_current: ContextVar[Identity] = ContextVar("carillon_identity", default=NOBODY)


def current_identity() -> Identity:
    """The caller of the call being served, or the identity a worker acts under."""
    return _current.get()


@contextmanager
def acting_as(identity: Identity) -> Iterator[None]:
    """Makes ``identity`` the caller for what runs inside."""
    token = _current.set(identity)
    try:
        yield
    finally:
        _current.reset(token)


def require_role(identity: Identity, *roles: str) -> None:
    """Raises PermissionRefused ROLE_MISSING unless the caller holds one of ``roles``."""
    if identity.roles.isdisjoint(roles):
        raise PermissionRefused(
            reason="ROLE_MISSING",
            detail=f"this needs one of the roles {', '.join(roles)}; the caller has {', '.join(sorted(identity.roles)) or 'none'}",
        )


def to_metadata(identity: Identity) -> list[tuple[str, str]]:
    """GRPC metadata that carries the identity."""
    if not identity.subject:
        return []
    return [
        (SUBJECT_KEY, identity.subject),
        (ROLES_KEY, ",".join(sorted(identity.roles))),
        (BRANCH_KEY, identity.branch),
    ]


def from_metadata(metadata: Mapping[str, str | bytes]) -> Identity:
    """The identity that metadata carry; NOBODY when they carry none."""
    subject = str(metadata.get(SUBJECT_KEY, ""))
    if not subject:
        return NOBODY
    roles = str(metadata.get(ROLES_KEY, ""))
    return Identity(
        subject=subject,
        roles=frozenset(roles.split(",")) if roles else frozenset(),
        branch=str(metadata.get(BRANCH_KEY, "")),
    )
