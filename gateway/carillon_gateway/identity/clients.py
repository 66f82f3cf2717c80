"""Clients of the suite and the roles they hold; it must not know how they prove who they are."""

import re
from dataclasses import dataclass
from enum import StrEnum

from carillon_chassis.errors import InvalidInput

# A client id becomes part of request ids (at most 200 characters with the caller's own key) and of gRPC metadata.
CLIENT_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
BRANCH = re.compile(r"^[A-Za-z0-9._-]{0,64}$")


class Role(StrEnum):
    """The nine roles of credentials.json; a client holds exactly one."""

    PROVINCE_ADMIN = "province_admin"
    BRANCH_OPERATOR = "branch_operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    HALL_TERMINAL = "hall_terminal"
    AGENT = "agent"
    PORTAL = "portal"
    AFFILIATE = "affiliate"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program or person outside that may ask for tokens; ``branch`` is empty for the whole province."""

    client_id: str
    role: Role
    branch: str
    secret_hash: str

    def __post_init__(self) -> None:
        if not CLIENT_ID.match(self.client_id):
            raise InvalidInput(
                reason="CLIENT_ID_INVALID",
                field="client_id",
                detail="a client id has 1 to 64 letters, digits, dots, dashes or underscores and begins with a letter or digit",
            )
        if not BRANCH.match(self.branch):
            raise InvalidInput(
                reason="BRANCH_INVALID",
                field="branch",
                detail="a branch has at most 64 letters, digits, dots, dashes or underscores",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a valid token speaks for."""

    client_id: str
    role: Role
    branch: str


def parse_role(text: str) -> Role:
    """The role of that name. Raises InvalidInput ROLE_UNKNOWN with the names there are."""
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput(
            reason="ROLE_UNKNOWN", field="role", detail=f"{text!r} is no role; the roles are {', '.join(Role)}"
        ) from None
