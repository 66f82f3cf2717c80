"""Where the suite keeps its state on one machine; knows paths and modes and must not start or read anything else."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from carillon_deploy.errors import CommandError

DEFAULT_PORT = 8080
# sun_path of a unix socket holds 108 bytes on Linux, the last of them a NUL.
SOCKET_PATH_LIMIT_BYTES = 107
# The longest name that is put below a socket directory: PostgreSQL's lock file beside its socket.
_LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432.lock"


class HomeError(CommandError):
    """The state directory or a setting of the runner cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The state directory (CARILLON_HOME) and the HTTP address of one suite.

    `sockets` is `root/run`, or a short directory of this home's own under the system's temporary directory
    when the checkout lies too deep for a unix socket's 107 bytes; `root/run` then is a link to it.
    """

    root: Path
    sockets: Path
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"

    @property
    def run(self) -> Path:
        """Sockets, pid files and the supervisor's record."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """One log a process."""
        return self.root / "log"

    @property
    def data(self) -> Path:
        """One directory a service for its files."""
        return self.root / "data"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL's own directory."""
        return self.root / "postgres"

    @property
    def secrets(self) -> Path:
        """Generated keys and passwords, mode 0700 with files of 0600."""
        return self.root / "secrets"

    @property
    def credentials(self) -> Path:
        """The issued clients with their secrets, mode 0600."""
        return self.root / "credentials.json"

    @property
    def url(self) -> str:
        """Where the gateway answers on this machine."""
        return f"http://{self.host}:{self.port}"

    def socket(self, service: str) -> Path:
        """The unix socket that a service listens on."""
        return self.sockets / f"{service}.sock"

    def prepare(self) -> None:
        """Makes the directories with their modes; making them again changes nothing. Raises HomeError."""
        try:
            self._make_directories()
        except PermissionError as error:
            msg = f"{error.filename} belongs to another account; run as that one, or set CARILLON_HOME elsewhere"
            raise HomeError(msg) from error

    def _make_directories(self) -> None:
        for directory, mode in ((self.root, 0o755), (self.log, 0o755), (self.data, 0o700), (self.secrets, 0o700)):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(mode)
        _make_own(self.sockets)
        if self.sockets != self.run and not (self.run.is_symlink() and self.run.readlink() == self.sockets):
            self.run.unlink(missing_ok=True)
            self.run.symlink_to(self.sockets)


def read_home(environment: Mapping[str, str]) -> Home:
    """Says where the state of this call's suite lives, by CARILLON_HOME, CARILLON_PORT and CARILLON_HOST."""
    root = Path(environment.get("CARILLON_HOME") or _default_root()).expanduser().resolve()
    written = environment.get("CARILLON_PORT", str(DEFAULT_PORT))
    if not written.isdecimal() or not 0 < int(written) < 65536:  # noqa: PLR2004 - the range of TCP ports
        msg = f"CARILLON_PORT is {written!r}; set it to a TCP port, 1 to 65535"
        raise HomeError(msg)
    host = environment.get("CARILLON_HOST", "127.0.0.1")
    return Home(root=root, sockets=socket_directory(root), port=int(written), host=host)


def socket_directory(root: Path) -> Path:
    """The directory for a home's sockets: its own `run`, or a short one where that is too long for a socket."""
    run = root / "run"
    if len(os.fsencode(run / _LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT_BYTES:
        return run
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"carillon-{digest}"


def _default_root() -> Path:
    """`var` beside the environment that the command is installed in, so it is the same from any directory."""
    prefix = Path(sys.prefix)
    return (prefix.parent if prefix.name == ".venv" else Path.cwd()) / "var"


def _make_own(directory: Path) -> None:
    """Makes a directory that others may pass through and not look into, and refuses one that somebody else made."""
    directory.mkdir(mode=0o711, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.geteuid():
        msg = f"{directory} belongs to somebody else; remove it or set CARILLON_HOME to another directory"
        raise HomeError(msg)
    directory.chmod(0o711)
