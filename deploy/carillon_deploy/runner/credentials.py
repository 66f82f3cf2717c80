"""The clients that the runner issues, one a role of the public surface, kept in credentials.json with mode 0600."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon_deploy.runner.keys import write_private

# Roles and branches of the issued clients; an empty branch is the whole province. Two branch operators, since one
# branch must not see the other's campaigns.
ISSUED = (
    ("province_admin", ""),
    ("branch_operator", "guangzhou"),
    ("branch_operator", "shenzhen"),
    ("approver", ""),
    ("auditor", ""),
    ("hall_terminal", "guangzhou"),
    ("agent", "guangzhou"),
    ("portal", ""),
    ("affiliate", ""),
    ("partner", ""),
)
# 256 bits of randomness; the gateway keeps a hash of it.
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One issued client: what it may do (`role`), for which `branch`, and how it asks for a token."""

    role: str
    branch: str
    client_id: str
    client_secret: str


def issue_credentials(path: Path) -> list[Credential]:
    """The issued clients; makes and keeps them on first use, so a second call changes nothing."""
    if path.exists():
        return read_credentials(path)
    issued = [
        Credential(
            role=role,
            branch=branch,
            client_id="-".join(filter(None, (role.replace("_", "-"), branch))),
            client_secret=secrets.token_urlsafe(_SECRET_BYTES),
        )
        for role, branch in ISSUED
    ]
    write_private(path, json.dumps([asdict(credential) for credential in issued], indent=2) + "\n")
    return issued


def read_credentials(path: Path) -> list[Credential]:
    """The clients as they stand in the file."""
    return [Credential(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
