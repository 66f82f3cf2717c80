"""The account that PostgreSQL runs under, since it refuses to run as root; it must never create an account."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Stands on every Linux; creating an account would write outside the checkout. As root the suite is for trials
# and containers: keep it under an ordinary account, or point CARILLON_<SERVICE>_DATABASE_URL at a server.
UNPRIVILEGED_ACCOUNT = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Another account to run under, or none when this process is not root."""

    user: int | None = None
    group: int | None = None

    def options(self) -> dict[str, Any]:
        """What subprocess needs to start a program under this account."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hands a path to the account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def own_all(self, directory: Path) -> None:
        """Hands a directory with all in it to the account, unless it has it: another account may have made it."""
        if self.user is None or directory.stat().st_uid == self.user:
            return
        for path in (directory, *directory.rglob("*")):
            self.own(path)


def postgres_account() -> Account:
    """The account for PostgreSQL: this process's own, or an unprivileged one when that is root."""
    if os.geteuid() != 0:
        return Account()
    entry = pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    return Account(user=entry.pw_uid, group=entry.pw_gid)


def let_pass(path: Path, account: Account) -> list[Path]:
    """Lets the account pass through the directories above `path`, and tells which modes it had to change.

    Only the right to pass is added, never the right to list or read.
    """
    if account.user is None:
        return []
    changed = []
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            changed.append(directory)
    return changed
